"""Writers of profile formats: one module a format with ``render(profile) -> bytes``, listed in `registry`."""
