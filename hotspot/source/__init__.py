"""The repository behind a profile: which code the project owns, and where a frame is defined."""
