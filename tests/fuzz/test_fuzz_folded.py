"""Damaged folded files: an importer may raise only HotspotError, and what it returns is a sound profile."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hotspot.errors import HotspotError, InvariantError
from hotspot.exporters.folded import write
from hotspot.importers import folded as importer
from hotspot.importers.base import ImportOptions, bytes_source
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import SETTINGS

SEEDS = {
    "plain": b"main;parse;lex 3\nmain;emit 1\nidle 5\n" * 3,
    "oddities": b"# comment\n// other\n\na;b;c 1\r\na;;b 2\n;a;b; 3\ninvalid\nframe 12 34\n a\t5 \n#<Class:A>#b;c 6",
    "numbers": b"a 1.5\nb -3\nc 1e3\nd 9007199254740993\ne .25\nf 9223372036854775000\n",
    "two counts": b"a;b 1 2\na;c 0 5\nd 3 0\n",
    "labels": b'<module> (x.py:3);f (libc.so.6);unix`g;[libm.so]_[k];process 1:"a";thread (0x1);h_[j] 7\n',
    "utf-16": "\ufeffa;é 1\r\nb 2\r\n".encode("utf-16-le"),
    "utf-16 big": "\ufeffa;é 1\nb 2\n".encode("utf-16-be"),
    "utf-8": b"\xef\xbb\xbf\xe6\x97\xa5;\xf0\x9f\x94\xa5 1\n\xe9\xff 2\n",
}
TOKENS = [
    b";",
    b" ",
    b"\t",
    b"\n",
    b"\r",
    b"\0",
    b"#",
    b"//",
    b"-",
    b"+",
    b".",
    b"e9",
    b"1e400",
    b"nan",
    b"\xff\xfe",
    b"\xfe\xff",
]
TOKENS += [
    b"9" * 30,
    b"0." + b"3" * 30,
    b"_[k]",
    b"`",
    b" (x.py:1)",
    b";;",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"1" * 5000,
]


def read(data: bytes) -> None:
    """Read damaged data; anything but a profile or a HotspotError fails the test."""
    source = bytes_source("damaged", data)
    importer.detect(source.head)
    try:
        (profile,) = importer.load(source, ImportOptions())
    except InvariantError:
        raise  # a fault in hotspot, never in the input
    except HotspotError:
        return
    profile.check()
    b"".join(write(profile))


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Change, remove, insert, repeat or cut off some bytes."""
    result = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        at = rng.randint(0, len(result))
        length = rng.randint(1, 12)
        match rng.randrange(5):
            case 0:
                result[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                del result[at : at + length]
            case 2:
                result[at:at] = rng.choice(TOKENS)
            case 3:
                result[at:at] = result[at : at + length * 5]
            case _:
                if rng.random() < 0.2:
                    del result[at:]
    return bytes(result)


@pytest.mark.parametrize("name", SEEDS)
def test_damaged_files(name: str) -> None:
    rng = random.Random(name)
    for _ in range(300):
        read(damaged(SEEDS[name], rng))


@pytest.mark.parametrize("name", SEEDS)
def test_files_cut_off_at_every_byte(name: str) -> None:
    for end in range(len(SEEDS[name])):
        read(SEEDS[name][:end])


@SETTINGS
@given(st.binary(max_size=200) | st.lists(st.sampled_from([*TOKENS, b"a", b"1"]), max_size=30).map(b"".join))
def test_any_bytes(data: bytes) -> None:
    read(data)


def test_damaged_files_of_the_corpus(corpus: Path) -> None:
    rng = random.Random(1)
    files = sorted([*corpus.glob("collapsed/*"), *corpus.glob("expected/*collapsed-addrs*")])
    assert files
    for path in files:
        data = path.read_bytes()[:3000]
        for _ in range(20):
            read(damaged(data, rng))


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe",
        b"\xff\xfea",
        b"\xef\xbb\xbf",
        b"\n",
        b"\0",
        b" 1",
        b";",
        b"; 1",
        b"1",
        b"a 1" + b"\n" * 1000,
    ],
)
def test_tiny_files(data: bytes) -> None:
    read(data)
