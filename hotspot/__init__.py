"""hotspot: read any profile, rank what is hot in your own code, and tell a real difference from noise.

>>> import hotspot
>>> profile = hotspot.load("flamegraph.svg")        # doctest: +SKIP
>>> profile.top(n=10)                               # doctest: +SKIP
>>> hotspot.diff(profile, hotspot.load("new.svg"))  # doctest: +SKIP

Names are imported when they are first used, so that ``import hotspot`` and ``hotspot --help`` stay fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hotspot import errors
    from hotspot.analysis.diff import Diff, diff
    from hotspot.analysis.merge import merge
    from hotspot.analysis.rank import Ranking
    from hotspot.importers.registry import load, load_all
    from hotspot.profile import Profile
    from hotspot.workflow.recording.one import record

__version__ = "0.1.0"

_HOME = {
    "Diff": "hotspot.analysis.diff",
    "Profile": "hotspot.profile",
    "Ranking": "hotspot.analysis.rank",
    "diff": "hotspot.analysis.diff",
    "errors": "hotspot.errors",
    "load": "hotspot.importers.registry",
    "load_all": "hotspot.importers.registry",
    "merge": "hotspot.analysis.merge",
    "record": "hotspot.workflow.recording.one",
}

__all__ = [
    "Diff",
    "Profile",
    "Ranking",
    "__version__",
    "diff",
    "errors",
    "load",
    "load_all",
    "merge",
    "record",
]


def load_ipython_extension(shell: Any) -> None:
    """Make ``%%hotspot`` known; IPython calls it for ``%load_ext hotspot``."""
    from hotspot.notebook import register

    register(shell)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'hotspot' has no attribute {name!r}")
    module = import_module(_HOME[name])
    value = module if name == "errors" else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
