"""The performance review of a change: ``hotspot review BASE HEAD``."""
