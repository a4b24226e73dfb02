"""Readers of profile formats: one module a format, chosen by content in `hotspot.importers.registry`."""
