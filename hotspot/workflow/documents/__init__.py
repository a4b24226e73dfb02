"""The papers around the issues: candidate list, worklog, notes. Markdown that people and hotspot both edit.

``block`` is the mechanism they share: which lines are hotspot's, and how a person's survive. One module a document.
"""
