"""Builds the compiled part of hotspot (`hotspot/native/*.c`) where there is a C compiler.

Without one, or on Windows, hotspot is installed all the same and reads large texts in numpy, a few times slower.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path("hotspot", "native")
LIBRARY = FOLDER / "_native.so"


class CompileHook(BuildHookInterface):  # type: ignore[type-arg]  # hatchling's own documentation leaves it open
    """Compiles before a wheel, or an editable install, is put together."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the library and make the wheel one of this platform, for any Python 3."""
        root = Path(self.root)
        known = next(filter(shutil.which, ("cc", "gcc", "clang")), "cc")
        command = [
            *shlex.split(os.environ.get("CC", known)),
            "-O2",
            "-std=c11",
            "-fno-strict-aliasing",
            "-Wall",
            "-Wextra",
            "-fPIC",
            "-shared",
            "-o",
            str(root / LIBRARY),
            *map(str, sorted((root / FOLDER).glob("*.c"))),
        ]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            reason = error.stderr if isinstance(error, subprocess.CalledProcessError) else str(error)
            self.app.display_warning(f"the compiled part is left out: {reason.strip()}")
            (root / LIBRARY).unlink(missing_ok=True)
            return
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform}"
        build_data["artifacts"].append(str(LIBRARY))
