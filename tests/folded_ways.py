"""The two ways in which folded stacks are kept, in C and in numpy, for tests that hold both to the same."""

from __future__ import annotations

import pytest
from hotspot.importers import folded_lines
from hotspot.native.folded import folded_library

WAYS = ("compiled", "numpy")


def use(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have folded files read in this way; skips where it is the compiled one and there was no compiler."""
    native = folded_library()
    if way == "compiled" and native is None:
        pytest.skip("hotspot was installed without its compiled part")
    monkeypatch.setattr(folded_lines, "folded_library", lambda: native if way == "compiled" else None)
