"""Writers of profile formats: one module a format, listed in `hotspot.exporters.registry`."""
