"""DHAT's JSON, as Valgrind's ``--tool=dhat`` and Rust's ``dhat`` crate write it: every allocation site with its stack.

::

    {"dhatFileVersion": 2, "mode": "heap", "verb": "Allocated", "bklt": true, "bkacc": false, ...
     "pps": [{"tb": 4000, "tbk": 4, "gb": 1000, "gbk": 1, "eb": 0, "ebk": 0, "fs": [1, 2]}, ...],
     "ftbl": ["[root]", "0x10: malloc (in /usr/lib/libc.so.6)", "0x20: main (w.c:5)"]}

``fs`` is a stack, leaf first, of rows of ``ftbl``. A site has bytes and blocks: all of them (``alloc_space``,
``alloc_objects``, selected), those alive when the whole heap was largest (``peak_space``, ``peak_objects``), those alive
at the end (``end_space``, ``end_objects``), and bytes read and written where accesses were counted. In the modes ``copy``
and ``ad-hoc`` only the first two are there: bytes copied and copies, or units and events of the program's own.

Source: the comment "Detailed file format" in dhat/dh_main.c of Valgrind; dh_view.js for what may be missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers._valgrind import intern_frame
from hotspot.importers._web_json import decode, outline, without_mark
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source
from hotspot.profile import Loss, LossKind, Profile, Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("dhat", "DHAT heap profile (Valgrind, Rust's dhat)", (".json",))

_Count = Annotated[int, msgspec.Meta(ge=0, lt=2**62)]
_NEWEST = 2


class _Site(msgspec.Struct, gc=False):
    fs: list[int]
    tb: _Count = 0
    tbk: _Count = 0
    gb: _Count = 0
    gbk: _Count = 0
    eb: _Count = 0
    ebk: _Count = 0
    rb: _Count = 0
    wb: _Count = 0


class _File(msgspec.Struct):
    version: Annotated[int, msgspec.Meta(ge=0)] = msgspec.field(name="dhatFileVersion")
    pps: list[_Site]
    ftbl: list[str]
    mode: str = "heap"
    verb: str = "Allocated"
    lifetimes: bool = msgspec.field(default=True, name="bklt")
    accesses: bool = msgspec.field(default=False, name="bkacc")


def detect(head: Head) -> Match:
    """Look for the key that tells the version."""
    seen = outline(head.data)
    return (
        Match.YES if seen is not None and not seen.is_array and "dhatFileVersion" in seen.keys else Match.NO
    )


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read all sites.

    Raises:
        MalformedProfile: naming the place in the file, or a version that is not known.
        EmptyProfile: nothing was allocated.
    """
    path = source.path
    file = decode(path, without_mark(source.read()), _File)
    if file.version > _NEWEST:
        raise MalformedProfile(path, f"version {file.version} is newer than what is read, {_NEWEST}")
    types, columns = _columns(file)
    weight = np.array([[getattr(site, column) for column in columns] for site in file.pps], dtype=np.int64)
    if not weight.any():
        raise EmptyProfile(path, "it has no allocation or event")
    builder = ProfileBuilder(types)
    builder.add_samples(_add_stacks(builder, path, file), weight)
    losses: tuple[Loss, ...] = ()
    if file.lifetimes:
        text = "how long blocks lived, each site's own peak, and accesses by offset are not kept"
        losses = (Loss(LossKind.DROPPED, text),)
    producer = "Rust dhat" if file.mode.startswith("rust-") else "Valgrind DHAT"
    return [builder.build(Provenance(path, source.checksum, INFO.name, producer, losses=losses))]


def _columns(file: _File) -> tuple[tuple[ValueType, ...], list[str]]:
    """Return the value types that the file's mode has, and which number of a site each is."""
    if not file.lifetimes:
        # `copy` counts bytes; the units of `ad-hoc` are the program's own.
        what = file.verb.lower() or "counted"
        unit = "bytes" if file.mode == "copy" else "count"
        return (ValueType(what, unit), ValueType("events", "count")), ["tb", "tbk"]
    types = [ValueType(f"{when}_space", "bytes") for when in ("alloc", "peak", "end")]
    types += [ValueType(f"{when}_objects", "count") for when in ("alloc", "peak", "end")]
    columns = ["tb", "gb", "eb", "tbk", "gbk", "ebk"]
    if file.accesses:
        types += [ValueType("read", "bytes"), ValueType("written", "bytes")]
        columns += ["rb", "wb"]
    return tuple(types), columns


def _add_stacks(
    builder: ProfileBuilder, path: str, file: _File
) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    ids = [intern_frame(builder.frames, text) for text in file.ftbl]
    flat: list[int] = []
    offsets = [0]
    for number, site in enumerate(file.pps):
        for row in reversed(site.fs):
            if not 0 <= row < len(ids):
                raise MalformedProfile(path, f"pps[{number}].fs: there is no frame {row}")
            if row or file.ftbl[0] != "[root]":
                flat.append(ids[row])
        offsets.append(len(flat))
    return builder.add_stacks(flat, offsets)
