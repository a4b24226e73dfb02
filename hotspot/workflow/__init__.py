"""Issues: from a profile to a text file per hot place, which people and hotspot both edit.

Data flows one way::

    Profile -> places (where, how much) -> evidence, wording (text) -> issue_text (file) -> store (directory)

``issue_model`` is the file as an object: cut into pieces, nothing of it lost. ``draft`` joins the two ends.
"""
