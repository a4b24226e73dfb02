"""Damaged text files: a sound profile, or one HotspotError that names the file, and nothing else."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest
from hotspot.errors import HotspotError
from hotspot.importers import registry
from hotspot.importers.base import ImporterModule, ImportOptions, bytes_source

from tests.drawn_texts import DRAWN

_TRIALS = 15
_PIECES = (b"\n", b" ", b"\t", b"0", b"-1", b"9" * 25, b"(", b")", b"<", b"[1]", b";", b"\xff", b"1e9", b"%")


@pytest.mark.parametrize("name", DRAWN)
def test_a_damaged_file_is_read_or_refused(name: str) -> None:
    dice = random.Random(name)
    for _ in range(_TRIALS):
        data = _damaged(DRAWN[name].text.encode(), dice)
        said = ""
        try:
            for profile in registry.read_source(bytes_source("given", data), None, ImportOptions()):
                profile.check()
        except HotspotError as error:
            said = str(error)
        assert not said or (said.startswith("given") and "\n" not in said)


def _damaged(data: bytes, dice: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(lines))
        line = lines[at]
        match dice.randrange(5):
            case 0:
                del lines[at : at + dice.randint(1, 3)]
                lines = lines or [b"x"]
            case 1:
                lines.insert(dice.randrange(len(lines)), line)
            case 2:
                cut = dice.randint(0, len(line))
                lines[at] = line[:cut] + dice.choice(_PIECES) + line[cut:]
            case 3:
                lines[at] = line[: dice.randint(0, len(line))]
            case _:
                cut = dice.randint(0, len(line))
                lines[at] = line[:cut] + bytes(dice.randrange(256) for _ in range(3)) + line[cut + 2 :]
    return b"".join(lines)


_RUN_PROGRAMS = ("jfr", "memray", "perf-data")  # seconds for each file


@pytest.mark.parametrize(
    "importer",
    [each for each in registry.importers() if each.INFO.name not in _RUN_PROGRAMS],
    ids=lambda importer: importer.INFO.name,
)
def test_a_file_of_another_format_is_refused_by_whoever_is_told_to_read_it(importer: ImporterModule) -> None:
    texts = (
        *(drawn.text for drawn in DRAWN.values()),
        "{}",
        "[]",
        "null",
        "12",
        "\0\1",
        "<svg/>",
        "a b\n" * 9,
    )
    for text in texts:
        with suppress(HotspotError):
            registry.read_source(bytes_source("given", text.encode()), importer.INFO.name, ImportOptions())
