"""The command line: each command loads, makes one library call, and renders."""
