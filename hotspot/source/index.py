"""Every definition of a project by name, kept in ``.hotspot/cache`` so that only changed files are parsed again."""

from __future__ import annotations

import hashlib
import stat
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import msgspec

from hotspot.config import is_project_root
from hotspot.errors import HotspotError
from hotspot.files import write_atomically
from hotspot.source.definition_queries import QUERIES
from hotspot.source.definitions import Definition, definitions
from hotspot.source.grammars import language_of
from hotspot.source.symbol_parts import symbol_parts
from hotspot.source.tree import SourceTree
from hotspot.state import State

_FORMAT = 1  # to be raised when definitions() finds other things in the same file
_LARGEST = 4 << 20  # bytes of a file; longer ones are generated
_LONGEST_LINE = 300  # bytes on average; longer ones are minified
_WORTH_CACHING = 1 << 20  # bytes of sources; fewer are parsed in a fraction of a second
# What may be asked of a command that only shows a profile: about a second to parse these, or to read an index so large
# (some 3 million lines).
_AT_HAND = 3 << 20
_AT_HAND_CACHED = 10 << 20
_MOST_OUTSIDE = 2000  # source files of a folder that is no project: a home folder is not worth the time
_RACY = (
    1_000_000_000  # ns before the cache was written within which a time stamp does not prove a file unchanged
)


@dataclass(frozen=True)
class SourceIndex:
    """The definitions of a project.

    Attributes:
        by_file: in the order of the files, for files with any.
        by_name: by the last part of their name, as `symbol_parts` spells it.
    """

    by_file: dict[str, tuple[Definition, ...]]
    by_name: dict[str, tuple[Definition, ...]]


class _File(msgspec.Struct, array_like=True, gc=False):
    """What is known of one file; each row is name, qualified, kind, first, last and name's line."""

    size: int
    mtime_ns: int
    digest: bytes
    rows: list[tuple[str, str, str, int, int, int]]


class _Cache(msgspec.Struct, array_like=True):
    version: str
    written_ns: int
    files: dict[str, _File]


def build_index(tree: SourceTree) -> SourceIndex:
    """Return the index of a project's files, from the cache as far as that is true.

    Files that no grammar reads, links, binary, minified and over-long ones have no definitions. Small projects are not
    cached, and outside a project nothing is; there a folder of very many sources has no index, since part of one would
    take a name for unique.
    """
    sources = [file for file in tree.files if _may_be_source(tree.root / file)]
    if not is_project_root(tree.root):
        files = {} if len(sources) > _MOST_OUTSIDE else _read_files(tree.root, sources, _nothing())[0]
        return _index(files)
    state = State(tree.root / ".hotspot")
    path = _cache_path(tree)
    cache = _read_cache(path)
    files, changed = _read_files(tree.root, sources, cache)
    stale = changed or files.keys() != cache.files.keys()
    if stale and sum(file.size for file in files.values()) >= _WORTH_CACHING:
        written = msgspec.msgpack.encode(_Cache(_version(), time.time_ns(), files))
        with suppress(HotspotError, OSError):  # a folder that may not be written to is indexed anew each time
            state.ignored("cache")
            write_atomically(path, written)
    return _index(files)


def is_at_hand(tree: SourceTree) -> bool:
    """Return whether a project's index is there within about a second: kept from before, or of few sources.

    Outside a project nothing is kept, and what lies in the folder may be anything: never.
    """
    if not is_project_root(tree.root):
        return False
    with suppress(OSError):
        return _cache_path(tree).stat().st_size <= _AT_HAND_CACHED
    size = 0
    for file in tree.files:
        with suppress(OSError, ValueError):
            size += (tree.root / file).lstat().st_size if _may_be_source(tree.root / file) else 0
        if size > _AT_HAND:
            return False
    return True


def _cache_path(tree: SourceTree) -> Path:
    return State(tree.root / ".hotspot").cache / "definitions.msgpack"


def source_definitions(path: Path, file: str) -> tuple[Definition, ...]:
    """Return the definitions of one file; none where it is no source, or not there."""
    data = _read(path)
    return () if data is None else tuple(_parsed(data, file))


def _may_be_source(path: Path) -> bool:
    return not path.suffix or language_of(path) is not None


def _read_files(root: Path, files: list[str], cache: _Cache) -> tuple[dict[str, _File], bool]:
    """Return what each file defines, and whether anything had to be read."""
    found: dict[str, _File] = {}
    changed = False
    for file in files:
        known = cache.files.get(file)
        try:
            status = (root / file).lstat()
        except (OSError, ValueError):
            continue
        if not _is_candidate(file, status.st_mode):
            continue
        size, mtime_ns = status.st_size, status.st_mtime_ns
        same = known is not None and (known.size, known.mtime_ns) == (size, mtime_ns)
        if known is not None and same and mtime_ns < cache.written_ns - _RACY:
            found[file] = known
            continue
        data = _read(root / file) or b""
        digest = hashlib.sha256(data).digest()
        if known is None or known.digest != digest:
            known = _File(size, mtime_ns, digest, [_row(d) for d in _parsed(data, file)])
            changed = True
        elif not same or cache.written_ns - _RACY <= mtime_ns < time.time_ns() - _RACY:
            known = _File(
                size, mtime_ns, digest, known.rows
            )  # touched, or old enough by now to be told by its time
            changed = True
        found[file] = known
    return found, changed


def _is_candidate(file: str, mode: int) -> bool:
    """Whether it is a regular file; one without extension has to be executable to be a script."""
    return stat.S_ISREG(mode) and (bool(PurePosixPath(file).suffix) or bool(mode & 0o111))


def _read(path: Path) -> bytes | None:
    """Return the bytes of a file that a person may have written, else None."""
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
            return None
        data = path.read_bytes()
    except (OSError, ValueError):  # gone, not ours to read, or a name that no file system takes
        return None
    minified = len(data) > _LONGEST_LINE * (data.count(b"\n") + 1)
    return None if minified or b"\0" in data else data


def _parsed(data: bytes, file: str) -> Iterator[Definition]:
    language = language_of(file, data)
    if language is not None and data:
        yield from definitions(data, language, file)


def _row(d: Definition) -> tuple[str, str, str, int, int, int]:
    return d.name, d.qualified, d.kind, d.start_line, d.end_line, d.line


def _index(files: dict[str, _File]) -> SourceIndex:
    by_file, by_name = {}, defaultdict(list)
    for file, known in files.items():
        found = tuple(
            Definition(name, qualified, kind, file, first, last, line)
            for name, qualified, kind, first, last, line in known.rows
        )
        if found:
            by_file[file] = found
        for definition in found:
            by_name[last_part(definition.name)].append(definition)
    return SourceIndex(by_file, {name: tuple(found) for name, found in by_name.items()})


def last_part(name: str) -> str:
    """Return a definition's own name as `symbol_parts` spells it."""
    if name.isidentifier():
        return name
    return (symbol_parts(name) or (name,))[-1]


def _nothing() -> _Cache:
    return _Cache(_version(), 0, {})


def _read_cache(path: Path) -> _Cache:
    """Return the cache; an empty one where it is missing, damaged or another version's."""
    try:
        cache = msgspec.msgpack.decode(path.read_bytes(), type=_Cache)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _nothing()
    return cache if cache.version == _version() else _nothing()


def _version() -> str:
    return f"{_FORMAT} {hashlib.sha256(repr(sorted(QUERIES.items())).encode()).hexdigest()[:16]}"
