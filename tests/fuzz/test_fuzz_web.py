"""Damaged profiles of browsers and Node.js: whatever is wrong, an error of hotspot or a sound profile, and soon."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hotspot.errors import HotspotError
from hotspot.importers import chrome_trace, cpuprofile, gecko, v8log
from hotspot.importers.base import ImportOptions, bytes_source
from hotspot.importers.registry import read_source

from tests.time_limits import within

IMPORTERS = {"cpuprofile": cpuprofile, "chrome-trace": chrome_trace, "gecko-profile": gecko, "v8log": v8log}
SECONDS = 20  # far more than any of them needs

ODD = [
    None,
    True,
    -1,
    0,
    1,
    2**31,
    2**53 + 1,
    2**64,
    -(2**63),
    10**40,
    10**400,
    0.5,
    -0.0,
    1e-9,
    1e300,
    "",
    "x",
    "0x10",
    "-1",
    "\x00\u2028é",
    [],
    {},
    [None],
    [[]],
    {"id": 1},
]


# What the corpus has none of: a processed Firefox profile, and a trace with chunks of profiles.
PROCESSED = {
    "meta": {
        "preprocessedProfileVersion": 50,
        "categories": [{"name": "Kernel"}, {"name": "JavaScript", "subcategories": ["JIT (ion)"]}],
        "sampleUnits": {"time": "ms", "threadCPUDelta": "ns"},
    },
    "libs": [{"name": "libc.so.6", "path": "/usr/lib/libc.so.6"}],
    "shared": {
        "stringArray": ["main", "app.js", "0x1f00"],
        "stackTable": {"prefixOffset": [0, 1, 1], "frame": [0, 1, 0]},
        "frameTable": {
            "func": [0, 1],
            "line": [3, None],
            "category": [0, 1],
            "subcategory": [0, 0],
            "flags": [17, 2],
        },
        "funcTable": {
            "name": [0, 2],
            "resource": [-1, 0],
            "source": [0, None],
            "lineNumber": [1, None],
            "flags": [24, 4],
        },
        "resourceTable": {"lib": [0]},
        "sources": {"filename": [1]},
    },
    "threads": [
        {
            "name": "main",
            "pid": "1",
            "tid": 2,
            "samples": {
                "stack": [0, 1, None, 2],
                "timeDeltas": [0, 1, 1, 0.5],
                "threadCPUDelta": [0, 1, None, 7],
            },
        },
        {
            "name": "other",
            "stringArray": ["f"],
            "stackTable": {"prefix": [None, 0], "frame": [0, 0]},
            "frameTable": {"func": [0], "implementation": ["ion"], "inlineDepth": [1]},
            "funcTable": {"name": [0], "fileName": [0]},
            "samples": {"stack": [1, 0], "time": [5, 6], "weight": [1, -2.5], "weightType": "tracing-ms"},
        },
    ],
}
CHUNK = {
    "cpuProfile": {
        "nodes": [
            {"id": 1, "callFrame": {"functionName": "(root)"}},
            {
                "id": 2,
                "callFrame": {"functionName": "a", "url": "file:///a.js", "lineNumber": 3},
                "parent": 1,
            },
            {"id": 3, "callFrame": {"functionName": "(garbage collector)"}, "parent": 1},
        ],
        "samples": [2, 3, 2, 1],
    },
    "timeDeltas": [1, 5, -3, 2.5],
}
TRACE = {
    "traceEvents": [
        {
            "ph": "P",
            "name": "Profile",
            "pid": 1,
            "tid": 2,
            "id": "0x1",
            "ts": 1,
            "args": {"data": {"startTime": 9}},
        },
        {
            "ph": "P",
            "name": "ProfileChunk",
            "pid": 1,
            "tid": 3,
            "id": "0x1",
            "ts": 2,
            "args": {"data": CHUNK},
        },
        {"ph": "M", "name": "thread_name", "pid": 1, "tid": 2, "args": {"name": "main"}},
    ],
    "metadata": {"product-version": "Chrome/1"},
}
WRITTEN = [("gecko-profile", json.dumps(PROCESSED).encode()), ("chrome-trace", json.dumps(TRACE).encode())]


def survives(importer: Any, data: bytes) -> bool:
    """Read damaged data both ways; say whether it was read."""
    source = bytes_source("damaged", data)
    complaint = ""
    with within(SECONDS):
        try:
            importer.detect(source.head)
            for profile in importer.load(source, ImportOptions()):
                profile.check()
        except HotspotError as error:
            complaint = str(error)
    assert complaint == "" or (complaint.startswith("damaged") and "\n" not in complaint)
    return not complaint


def originals(corpus: Path) -> list[tuple[str, bytes]]:
    files = sorted(path for name in IMPORTERS for path in (corpus / name).iterdir())
    return [(path.parent.name, path.read_bytes()) for path in files] + WRITTEN


def test_what_is_damaged_here_is_sound_before(corpus: Path) -> None:
    assert all(survives(IMPORTERS[name], data) for name, data in originals(corpus))


def damaged_bytes(data: bytes, order: random.Random) -> bytes:
    """Change, drop, repeat or cut off some bytes."""
    changed = bytearray(data)
    for _ in range(order.choice([1, 1, 2, 8])):
        at = order.randrange(len(changed) + 1)
        length = order.choice([1, 1, 2, 10, 1000])
        action = order.randrange(5)
        if action == 0:
            changed[at : at + length] = order.randbytes(len(changed[at : at + length]))
        elif action == 1:
            del changed[at : at + length]
        elif action == 2:
            changed[at:at] = changed[at : at + length]
        elif action == 3:
            changed[at : at + 1] = order.choice(
                [b'"', b"{", b"}", b"[", b"]", b",", b"\\", b"9", b"-", b"\n", b"\xff"]
            )
        elif len(changed) > 2:
            del changed[max(at, 2) :]
    return bytes(changed)


def damaged_values(document: Any, order: random.Random) -> Any:
    """Change some values of a JSON document, each near a random path from the top."""
    for _ in range(order.choice([1, 1, 1, 3])):
        at = document
        while True:
            keys = list(at) if isinstance(at, dict) else list(range(len(at)))
            if not keys:
                break
            key = order.choice(keys)
            if isinstance(at[key], dict | list) and at[key] and order.random() < 0.9:
                at = at[key]
                continue
            action = order.randrange(4)
            if action == 0:
                at[key] = copy.deepcopy(copy.deepcopy(order.choice(ODD)))
            elif action == 1:
                del at[key]
            elif action == 2:
                at[key] = copy.deepcopy(at[order.choice(keys)])
            elif isinstance(at, list):
                at.insert(order.randrange(len(at) + 1), copy.deepcopy(order.choice(ODD)))
            else:
                at[order.choice(["ts", "id", "parent", "children", "samples", "data", "prefix"])] = (
                    copy.deepcopy(order.choice(ODD))
                )
            break
    return document


@pytest.mark.parametrize("seed", range(12))
def test_damaged_bytes(corpus: Path, seed: int) -> None:
    order = random.Random(seed)
    outcomes = [
        survives(IMPORTERS[name], damaged_bytes(data, order))
        for name, data in originals(corpus)
        for _ in range(20 if len(data) < 10_000 else 2)
    ]
    assert {True, False} == set(outcomes)


@pytest.mark.parametrize("seed", range(12))
def test_damaged_values(corpus: Path, seed: int) -> None:
    order = random.Random(seed)
    outcomes = []
    for name, data in originals(corpus):
        try:
            json.loads(data)
        except ValueError:  # logs, and arrays without an end
            continue
        for _ in range(40 if len(data) < 10_000 else 3):
            damaged = damaged_values(json.loads(data), order)
            outcomes.append(survives(IMPORTERS[name], json.dumps(damaged).encode()))
    assert {True, False} == set(outcomes)


def test_damaged_files_that_nobody_named(corpus: Path) -> None:
    """The registry, too, answers with an error of hotspot, whichever importers take the file."""
    order = random.Random(99)
    for _, data in originals(corpus):
        if len(data) > 10_000:
            continue
        for _ in range(5):
            source = bytes_source("damaged", damaged_bytes(data, order))
            with within(SECONDS):
                try:
                    profiles = read_source(source, None, ImportOptions())
                except HotspotError:
                    continue
                for profile in profiles:
                    profile.check()


@pytest.mark.parametrize("name", sorted(IMPORTERS))
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[",
        b"{}",
        b"[]",
        b"null",
        b'"',
        b"[[]]",
        b"[{}]",
        b'{"nodes":[]}',
        b'{"nodes":null,"head":null}',
        b'{"meta":{}}',
        b'{"traceEvents":null}',
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\x00" * 100,
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'[{"ph":"X","args":' + b"[" * 100_000,
        b"tick," * 1000,
        b"v8-version,1,2,3,4\ntick\ntick,\n",
    ],
)
def test_what_is_no_profile(name: str, data: bytes) -> None:
    assert not survives(IMPORTERS[name], data)
