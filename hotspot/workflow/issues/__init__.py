"""Issues: from a profile to a text file per hot place, which people and hotspot both edit.

Data flows one way::

    Profile -> places      which functions answer for how much
            -> measured    lines, calls, stacks of one place
            -> evidence    numbers as text: what a later draft rewrites
               wording     prose as text: what a person takes over
            -> issue_text  the file's format; issue_model: the file as an object, nothing of it lost
            -> store       the folder, its lock, names

``draft`` joins them; ``finding_text`` words what the rules of `hotspot.advice` found. ``listing`` serves the commands
that come after a draft.
"""
