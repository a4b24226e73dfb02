"""Record, import, keep: ``one`` program, or two ``in_turn`` to compare them; ``keep`` is where recordings go.

What is kept under ``.hotspot/`` is small and can be read anywhere (`hotspot.workflow.kept_form`); ``docs/state.md``
describes it.
"""
