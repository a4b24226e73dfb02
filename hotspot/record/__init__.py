"""Running and recording programs: measured processes, runs in turn, revisions checked out aside, the recorders.

``hotspot.record`` is this room and also the library's function of that name: Python binds a package to its parent's
attribute when it is imported, and so the package can be called.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _Callable(ModuleType):
    def __call__(self, *arguments: Any, **options: Any) -> Any:
        from hotspot.workflow.recording.one import record

        return record(*arguments, **options)


sys.modules[__name__].__class__ = _Callable
