"""Where a project's performance work stands: what `hotspot status` says, and nothing typed by hand.

``project`` puts it together; ``next_action`` is what to do now, ``metrics`` what was asked beside what was measured,
``checklist`` the boxes, ``updates`` what changed since the document was last written.
"""
