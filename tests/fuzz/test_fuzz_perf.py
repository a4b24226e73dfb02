"""Damaged recordings may raise `HotspotError` and nothing else, and what they yield is a sound profile."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hotspot.errors import HotspotError
from hotspot.importers import perf_data, perf_script
from hotspot.importers.base import ImportOptions, bytes_source

pytestmark = pytest.mark.usefixtures("perf_script_reader")

SEEDS = range(8)
ROUNDS = 60  # a seed; some seconds for all of them

OWN = (
    b"# ========\n# captured on    : x\n# perf version : 6.1\n# ========\n#\n"
    b"worker 1/io  4711/4712  [001] 12.000000001:       1000 cycles:u: \n"
    b"\t          4005b1 parse+0x1f (/opt/app)\n  file.c:12\n\t          400500 main (inlined)\n\n"
    b"a  1 1.000000: PERF_RECORD_LOST lost 12\n"
    b"     worker 5/io  9444  1885.010026:   10101010 cpu-clock:      55f12969a426 insert+0xc (/opt/mt)\n" * 9
)
PIECES = [
    b"\n", b"\n\n", b"\r\n", b"\r", b"\t", b" ", b"  ", b":", b": ", b"(", b")", b" (", b"(inlined)", b"[unknown]", b"[000]",
    b"1.123456: ", b"99999999999.123456: ", b"99999999999999999999 ", b"-1/-1", b"+0x1f", b"#", b"PERF_RECORD_LOST lost 9",
    b" ABI:2", b"  x.c:99999999999", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"cycles:", b"L/;::", b" " * 500,
    b"7f " * 200, b"1 " * 200, b"x" * 5000,
]  # fmt: skip


def mutated(text: bytes, chance: random.Random) -> bytes:
    """Cut a part out of a recording and damage it in a few places."""
    begin = chance.randrange(len(text))
    data = bytearray(text[begin : begin + chance.randrange(1, 6000)])
    for _ in range(chance.randrange(1, 8)):
        place = chance.randrange(len(data) + 1)
        match chance.randrange(4):
            case 0:
                data[place:place] = chance.choice(PIECES)
            case 1:
                del data[place : place + chance.randrange(1, 80)]
            case 2 if data:
                data[place % len(data)] = chance.randrange(256)
            case _:
                other = chance.randrange(len(text))
                data[place:place] = text[other : other + chance.randrange(200)]
    return bytes(data)


def recordings(corpus: Path | None) -> Iterator[bytes]:
    yield OWN
    for path in sorted((corpus / "perf-script").iterdir()) if corpus else []:
        data = path.read_bytes()
        yield gzip.decompress(data) if path.suffix == ".gz" else data


def survive(data: bytes) -> None:
    source = bytes_source("damaged.txt", data)
    perf_script.detect(source.head)
    try:
        for profile in perf_script.load(source, ImportOptions()):
            profile.check()
    except HotspotError:
        pass


@pytest.mark.parametrize("seed", SEEDS)
def test_damaged_text_raises_nothing_else(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(ROUNDS):
        survive(mutated(OWN, chance))


@pytest.mark.parametrize("seed", SEEDS)
def test_damaged_files_of_the_corpus_raise_nothing_else(corpus: Path, seed: int) -> None:
    chance = random.Random(seed)
    texts = list(recordings(corpus))
    for _ in range(ROUNDS):
        survive(mutated(chance.choice(texts), chance))


def test_text_cut_off_anywhere_is_read_or_refused() -> None:
    for end in range(0, 600):
        survive(OWN[:end])


@pytest.mark.parametrize("seed", SEEDS)
def test_damaged_recordings_raise_nothing_else(seed: int) -> None:
    chance = random.Random(seed)
    data = b"PERFILE2" + chance.randbytes(chance.randrange(400))
    try:
        perf_data.load(bytes_source("perf.data", data), ImportOptions())
    except HotspotError:
        pass
    else:
        pytest.fail("perf reads random bytes")
