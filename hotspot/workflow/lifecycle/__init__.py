"""The lifecycle of an issue: from drafted to a verified end, one step a command.

::

    IDENTIFIED -start-> IN_PROGRESS -implement-> IMPLEMENTED -verify-> VERIFYING -> VERIFIED
                             ^                        ^                   |-> MARGINAL ----start--> IN_PROGRESS
                             |                        `--- tests fail ----|-> REGRESSION --start--> IN_PROGRESS
    VERIFIED, BLOCKED, DROPPED -reopen-> IDENTIFIED      block, drop: from any status but VERIFIED and DROPPED

``steps`` knows which step is legal and changes a file under the lock; ``closing``, ``starting``, ``implementing`` and
``verifying`` are the steps, ``brief`` is for whoever takes them. What ``start`` records is a `start_record.StartRecord`.
Whatever takes long (tests, benchmarks) runs without the lock, between two short changes of the file.
"""
