"""What reads perf script text by the thousand, against the plain way to do the same."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hotspot.importers.perf_script import line_index, text_cache
from hotspot.importers.perf_script.line_index import Lines
from hotspot.importers.perf_script.numbering import Numbering
from hotspot.importers.perf_script.text_cache import TextCache, look_up
from hypothesis import given
from hypothesis import strategies as st

_int64 = st.one_of(st.integers(0, 40), st.integers(-(2**63), 2**63 - 1))


@given(st.lists(st.lists(_int64, min_size=1, max_size=40), max_size=10))
def test_keys_are_numbered_as_a_dict_would(batches: list[list[int]]) -> None:
    numbering, known = Numbering(), dict[int, int]()
    for batch in batches:
        keys = np.array(batch, dtype=np.int64)
        assert numbering.find(keys).tolist() == [known.get(key, -1) for key in batch]
        expected = [known.setdefault(key, len(known)) for key in batch]
        assert numbering.number(keys).tolist() == expected
    assert numbering.keys().tolist() == list(known)


def test_numbers_stay_when_the_table_grows() -> None:
    numbering = Numbering()
    keys = np.random.default_rng(1).integers(-(2**63), 2**63 - 1, 30_000)
    for begin in range(0, len(keys), 700):
        numbering.number(keys[begin : begin + 700])
    assert numbering.find(keys).tolist() == list(range(len(keys)))


class Reader:
    """Numbers texts, and counts how often it is asked."""

    def __init__(self) -> None:
        self.known: dict[bytes, int] = {}
        self.asked = 0

    def __call__(self, text: bytes) -> int:
        self.asked += 1
        return self.known.setdefault(text, len(self.known))


_texts = st.lists(st.text("ab\0", max_size=150).map(str.encode), min_size=1, max_size=30)


def looked_up(cache: TextCache[int], texts: list[bytes]) -> list[int]:
    end = np.cumsum([len(text) for text in texts])
    return look_up(cache, b"".join(texts), end - [len(text) for text in texts], end).tolist()  # type: ignore[no-any-return]


@given(st.lists(_texts, min_size=1, max_size=4), st.sampled_from([1, 400, 1 << 20]))
def test_texts_are_looked_up_as_in_a_dict(batches: list[list[bytes]], bound: int) -> None:
    reader = Reader()
    cache = TextCache(reader)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_cache, "_CACHE_BYTES", bound)
        for texts in batches:
            numbers = looked_up(cache, texts)
            assert numbers == [reader.known[text] for text in texts]


def test_a_text_is_read_once() -> None:
    reader = Reader()
    cache = TextCache(reader)
    texts = [b"x" * 70, b"y" * 70, b"x" * 70, b"", b""]
    assert looked_up(cache, texts) == looked_up(cache, texts) == [0, 1, 0, 2, 2]
    assert reader.asked == 3


def test_what_is_asked_for_is_kept_and_what_is_not_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_cache, "_CACHE_BYTES", 1000)
    reader = Reader()
    cache = TextCache(reader)
    for number in range(100):
        looked_up(cache, [b"often", b"%d" % number])
    assert reader.asked == 101
    assert len(cache) < 10
    looked_up(cache, [b"0"])
    assert reader.asked == 102


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("\t          4005b1 [unknown] ([unknown])", True),
        ("\tffffffff815e4250 [unknown] ([unknown])", True),
        ("\t               a [unknown] ([unknown])", True),
        ("\t          4005b1 [unknown] (/bin/true)", False),
        ("\t          4005b1 [unknown] ([unknown]))", False),
        ("\t          4005b1 main+0x1f ([unknown])", False),
        ("\t          4005b1 [Unknown] ([unknown])", False),
        ("\t  400 5b1        [unknown] ([unknown])", False),  # a space inside
        ("\t          4005g1 [unknown] ([unknown])", False),  # no digit
        ("\t4005b1           [unknown] ([unknown])", False),  # padded behind
        ("\t                 [unknown] ([unknown])", False),  # no address
        ("           4005b1 [unknown] ([unknown])", False),
        ("\t4005b1", False),
        ("\t", False),
    ],
)
def test_addresses_are_left_out_where_nothing_else_is_known(line: str, masked: bool) -> None:
    text = f"\n{line}\n".encode()
    got = Lines.of(text, len(text)).without_unknown_addresses().decode()
    assert got == ("\n\t               0 [unknown] ([unknown])\n" if masked else f"\n{line}\n")


_unknown_lines = st.tuples(
    st.text("\t 0af", min_size=16, max_size=18),
    st.sampled_from([" [unknown] ([unknown])", "[unknown] ([unknown])", " f (x)", ""]),
).map("".join)


@given(st.lists(_unknown_lines, max_size=8).map("\n\t".join), st.sampled_from(["", "\n", "\n\n"]))
def test_only_addresses_of_unknown_frames_are_left_out(lines: str, end: str) -> None:
    text = f"\t{lines}{end}".encode()
    expected = re.sub(
        rb"(?m)^\t(?=[ 0-9a-f]{16} )(?= *[0-9a-f]+ \[)[ 0-9a-f]{16}(?= \[unknown\] \(\[unknown\]\)\n)",
        b"\t               0",
        text,
    )
    assert Lines.of(text, len(text)).without_unknown_addresses() == expected


def test_windows_of_nothing_are_none() -> None:
    assert line_index.windows(np.zeros(3, dtype=np.uint8), np.zeros(0, dtype=np.int64), 8).shape == (0, 8)
