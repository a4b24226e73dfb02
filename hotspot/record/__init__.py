"""Running and recording programs: measured processes, runs in turn, revisions checked out aside, the recorders."""
