"""What to try where time goes: rules as data, and the code that asks a hot place which of them fit.

Data flows one way::

    catalogue/*.toml -> rule        one table a rule, validated
                     -> catalogue   hotspot's rules and the project's own
    Profile          -> work        what the code below a hot place does, by frame names
    source file      -> patterns    tree-sitter queries in one hot function, weighted by line
                     -> match       both together: findings, each claim with its evidence
                     -> impact      what a finding is worth, in arithmetic

``frame_names`` tells classes of frames apart, ``frame_classes`` has the questions to ask where no rule fits, ``syntax``
knows what a loop is in each language.
"""
