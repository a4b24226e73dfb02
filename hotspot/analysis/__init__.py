"""What a profile means: ranking, transforms, identity of functions across builds, and the statistics of a diff."""
