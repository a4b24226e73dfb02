"""Which importers there are, and which one a file gets: by content first, never by extension alone."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import cast

from hotspot.errors import HotspotError, MalformedProfile, UnknownFormat, UnreadableInput, UsageError
from hotspot.importers.base import (
    ImporterModule,
    ImportOptions,
    Match,
    NotThisFormat,
    OnRead,
    Source,
    file_source,
)
from hotspot.importers.known import recognise
from hotspot.profile import Profile

# In the order they are asked; the first certain one wins, and those after it are not even imported. So the commonest come
# first where their content cannot be mistaken, and those that accept almost any text last.
_BUILT_IN = (
    "perf_data",
    "jfr",
    "async_profiler",
    "cpython_sampling",
    "svg",
    "perf_script",
    "speedscope",
    "pprof",
    "memray",
    "pprof_legacy",
    "austin_mojo",
    "pstats",
    "callgrind",
    "stackprof",
    "pyinstrument",
    "cpuprofile",
    "heapprofile",
    "chrome_trace",
    "gecko",
    "v8log",
    "jfr_text",
    "massif",
    "android_trace",
    "rprof",
    "gprof",
    "hprof_text",
    "ghc_prof",
    "stack_dumps",
    "pprof_text",
    "stack_counts",
    "xctrace",
    "simpleperf",
    "async_profiler_text",
    "call_tree_csv",
    "spindump",
    "instruments_text",
    "xdebug_trace",
    "import_time",
    "bpftrace",
    "pmcstat",
    "perf_json",
    "dhat",
    "sentry",
    "flamebearer",
    "scalene",
    "webkit",
    "xhprof",
    "d3_flamegraph",
    "macos_sample",
    "dtrace",
    "austin",
    "uniq_stacks",
    "folded",
)
_MAX_REDIRECTS = 3


def importers() -> tuple[ImporterModule, ...]:
    """Return all importers: the built-in ones, then those of the entry-point group ``hotspot.importers``."""
    return tuple(_each())


def _each() -> Iterator[ImporterModule]:
    """Import one importer after the other, as they are asked for."""
    for name in _BUILT_IN:
        yield cast(ImporterModule, import_module(f"hotspot.importers.{name}"))
    yield from _plugins()


@cache
def _plugins() -> tuple[ImporterModule, ...]:
    """Return third parties' importers; one that cannot be imported must not keep hotspot from reading other formats."""
    found = []
    for point in entry_points(group="hotspot.importers"):
        try:
            found.append(cast(ImporterModule, point.load()))
        except Exception as error:  # whatever a stranger's module raises
            warnings.warn(f"the importer plugin {point.name!r} cannot be loaded: {error}", stacklevel=2)
    return tuple(found)


def load(
    path: str | os.PathLike[str], *, input_format: str | None = None, options: ImportOptions | None = None
) -> Profile:
    """Read the first (or only) profile of a file.

    Args:
        path: a file, or ``-`` for standard input. Compression is opened transparently.
        input_format: name of an importer, instead of looking at the content.
        options: see `ImportOptions`.

    Raises:
        UnreadableInput: the file cannot be read.
        UnknownFormat: no importer recognises it.
        MalformedProfile: it breaks the rules of its format.
    """
    return load_all(path, input_format=input_format, options=options)[0]


def load_all(
    path: str | os.PathLike[str],
    *,
    input_format: str | None = None,
    options: ImportOptions | None = None,
    on_read: OnRead | None = None,
) -> tuple[Profile, ...]:
    """Read every profile of a file; see `load`. ``on_read`` is told how far reading is."""
    return read_source(file_source(os.fspath(path), on_read), input_format, options or ImportOptions())


def read_source(source: Source, input_format: str | None, options: ImportOptions) -> tuple[Profile, ...]:
    """Read every profile of a source, following importers that name another source."""
    for _ in range(_MAX_REDIRECTS):
        result = _read_once(source, input_format, options)
        if not isinstance(result, Source):
            return result
        source, input_format = result, None
    raise UnknownFormat(source.path, [], reason="importers keep handing it to each other")


def _read_once(
    source: Source, input_format: str | None, options: ImportOptions
) -> tuple[Profile, ...] | Source:
    if not source.head.data.strip():
        raise UnknownFormat(source.path, [], reason="the file is empty")
    tried: list[str] = []
    for importer in _candidates(source, input_format):
        try:
            result = importer.load(source, options)
        except NotThisFormat as error:
            if input_format is not None:
                raise
            tried.append(f"{importer.INFO.name}: {error.reason}")
            continue
        except HotspotError:
            raise
        except RecursionError as error:
            raise MalformedProfile(source.path, "nested too deeply to read") from error
        if isinstance(result, Source):
            return result
        if not result:
            raise MalformedProfile(source.path, f"no profile in this {importer.INFO.title} file")
        return tuple(result)
    raise UnknownFormat(source.path, tried)


def _candidates(source: Source, input_format: str | None) -> Iterator[ImporterModule]:
    if input_format is not None:
        yield named(input_format)
        return
    possible = []
    for importer in _each():
        match = importer.detect(source.head)
        if match is Match.YES:
            yield importer
        elif match is Match.MAYBE:
            possible.append(importer)
    if known := recognise(source.head):
        raise UnreadableInput(source.path, f"this is {known.what}", hint=known.instead)
    yield from possible


def _names() -> list[str]:
    return [importer.INFO.name for importer in importers()]


def named(name: str) -> ImporterModule:
    """Return the importer of that name.

    Raises:
        UsageError: there is none.
    """
    for importer in importers():
        if importer.INFO.name == name:
            return importer
    raise UsageError(f"unknown input format {name!r} (known: {', '.join(_names())})")
