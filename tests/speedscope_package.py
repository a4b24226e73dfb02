"""The real speedscope: an npm package with the viewer, a static site, and the schema of its files. Never committed."""

from __future__ import annotations

import atexit
import functools
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

import pytest

VERSION = "1.25.0"


def speedscope_site() -> Path:
    """Return the folder that holds ``index.html`` and ``file-format-schema.json``; skips where there is no npm."""
    site = _site()
    if isinstance(site, str):
        pytest.skip(site)
    return site


@functools.cache
def _site() -> Path | str:
    npm = shutil.which("npm")
    if npm is None:
        return "no `npm` here: the real speedscope cannot be fetched"
    folder = tempfile.mkdtemp(prefix="hotspot-speedscope-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    command = [npm, "pack", "--silent", f"speedscope@{VERSION}"]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)
    except (subprocess.SubprocessError, OSError) as error:
        return f"npm cannot fetch speedscope {VERSION}: {error}"
    with tarfile.open(Path(folder) / f"speedscope-{VERSION}.tgz") as archive:
        archive.extractall(folder, filter="data")
    return Path(folder) / "package" / "dist" / "release"
