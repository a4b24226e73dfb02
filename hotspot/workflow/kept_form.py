"""The file that is kept of a recording: small, and read again without the recorder or the program it is of.

- py-spy's folded stacks, as they are.
- Of perf, what ``perf script`` prints, compressed: every sample with its event, time, thread and lines.
- Of memray, whose captures only memray reads, the profile as pprof.
"""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from hotspot.exporters.registry import exporter_for
from hotspot.importers import perf_data
from hotspot.importers.base import ImportOptions, Source, file_source
from hotspot.importers.registry import load
from hotspot.profile import Profile

_SUFFIXES = {".folded": ".folded", ".data": ".perf.txt.gz", ".bin": ".pb.gz"}
# The state names neither the machine nor its user.
_PRIVATE = b"# hostname :"


@dataclass(frozen=True)
class Moved:
    """Files of one folder that are named as those of another: a worktree's as the project's."""

    there: str
    here: str

    def in_text(self, text: bytes) -> bytes:
        """Return what a recorder wrote with the paths replaced."""
        return text.replace(os.fsencode(self.there + os.sep), os.fsencode(self.here + os.sep))

    def in_profile(self, profile: Profile) -> Profile:
        """Return a profile with the paths replaced."""
        strings = tuple(
            self.here + text[len(self.there) :] if text.startswith(self.there + os.sep) else text
            for text in profile.frames.strings
        )
        return replace(profile, frames=replace(profile.frames, strings=strings))


def kept_suffix(native: Path) -> str:
    """Return how the name of the kept file ends, by the recorder's own file."""
    return _SUFFIXES[native.suffix]


def kept_form(native: Path, moved: Moved | None) -> Iterable[bytes]:
    """Return the kept file in pieces.

    Args:
        native: the recorder's own file.
        moved: how its paths are renamed, where they are.

    Raises:
        HotspotError: the recorder's file holds nothing, or cannot be read.
    """
    if native.suffix == ".folded":
        text = native.read_bytes()
        return [moved.in_text(text) if moved else text]
    if native.suffix == ".data":
        return [_packed(perf_data.load(file_source(str(native)), ImportOptions()), moved)]
    profile = load(str(native))
    return exporter_for("profile.pb.gz").write(moved.in_profile(profile) if moved else profile)


def _packed(perf_script: Source, moved: Moved | None) -> bytes:
    packed = io.BytesIO()
    with perf_script.open() as stream, gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as out:
        lines = (line for line in stream if not line.startswith(_PRIVATE))
        out.writelines(map(moved.in_text, lines) if moved else lines)
    return packed.getvalue()
