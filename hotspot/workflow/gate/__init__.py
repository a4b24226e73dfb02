"""The gate: is what was measured good enough to go in?

Data flows one way::

    config -> rules         what the project asks for: budgets, criteria, critical paths (limits.py reads "10 ms")
    results, profiles -> measured   the two sides, wherever they come from
    rules + measured -> gate        one item each: met, not met, not measured  (budgets, criteria, against_baseline)
    gate -> response        on failure: who holds which part of the change, which commits, what to do next
"""
