"""JDK Flight Recorder files: turned into text by the JDK's own `jfr print`.

Every chunk of a recording describes its own types, and no kept library reads them from Python. The JDK does, so this
importer runs its `jfr`, with an argument list and without a shell, and hands what it prints to the registry as a source
that keeps the path and the checksum of the recording. Only execution samples are asked for: where Java code ran.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from hotspot.errors import EmptyProfile, MalformedProfile, MissingTool
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source

INFO = ImporterInfo("jfr", "JDK Flight Recorder, read by the JDK's jfr", (".jfr",))

_MAGIC = b"FLR\0"
_EVENTS = "jdk.ExecutionSample"
_DEEPEST = "2048"  # what the JDK and async-profiler record at most; `jfr print` shows 5 frames if not told
_PRINT = f"jfr print --events {_EVENTS} --stack-depth {_DEEPEST} FILE.jfr > profile.jfr.txt"


def detect(head: Head) -> Match:
    """Say whether the head is a recording."""
    return Match.YES if head.data.startswith(_MAGIC) else Match.NO


def load(source: Source, options: ImportOptions) -> Source:
    """Run `jfr print` and return its output as a source.

    Raises:
        MissingTool: there is no JDK here.
        MalformedProfile: it cannot read the file.
        EmptyProfile: it holds no execution sample.
    """
    jfr = shutil.which("jfr")
    if jfr is None:
        raise MissingTool(
            f"{source.path}: a JDK Flight Recorder file is read through the JDK's `jfr`, which is not installed",
            hint=f"install a JDK, or run `{_PRINT}` where there is one, or convert it with async-profiler's jfrconv",
        )
    handle, text = tempfile.mkstemp(prefix="hotspot-jfr-")

    def reopen() -> BinaryIO:
        return open(text, "rb")

    weakref.finalize(reopen, _remove, text)  # so the text lasts as long as the source
    with os.fdopen(handle, "wb") as out, _plain_file(source) as path, tempfile.TemporaryFile() as errors:
        command = [jfr, "print", "--events", _EVENTS, "--stack-depth", _DEEPEST, path]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors, check=False)
        errors.seek(0)
        said = errors.read(1 << 14).decode("utf-8", "replace").strip().splitlines()
    if done.returncode != 0:
        complaint = said[0] if said else f"exit status {done.returncode}"
        raise MalformedProfile(source.path, f"jfr print cannot read it: {complaint}")
    if os.path.getsize(text) <= 1:
        raise EmptyProfile(source.path, f"the recording has no {_EVENTS} event")
    return Source(source.path, reopen, source.checksum)


def _remove(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)


@contextmanager
def _plain_file(source: Source) -> Iterator[str]:
    """Yield a path to the decompressed bytes of a source: the tool can read nothing but a plain file."""
    with source.opener() as stored:
        is_plain = stored.read(len(_MAGIC)) == _MAGIC
    if is_plain and source.path != "-" and os.path.isfile(source.path):
        yield os.path.abspath(source.path)
        return
    with tempfile.NamedTemporaryFile(prefix="hotspot-jfr-", suffix=".jfr") as copy:
        with source.open() as stream:
            shutil.copyfileobj(stream, copy)
        copy.flush()
        yield copy.name
