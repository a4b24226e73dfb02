"""Folded stacks kept in C and in numpy: the same profile, frame by frame, or the same error."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hotspot.errors import HotspotError
from hotspot.importers import folded as importer
from hotspot.importers import folded_lines, folded_sorted
from hotspot.importers.base import ImportOptions, bytes_source
from hypothesis import given
from hypothesis import strategies as st

from tests import folded_ways
from tests.fuzz.test_fuzz_folded import SEEDS, TOKENS, damaged
from tests.strategies import SETTINGS

FRAMES = (
    b"main",
    b"a",
    b"ab",
    b"a b",
    b"a (x.py:3)",
    b"a_[k]",
    b"unix`a",
    b"b (libc.so.6)",
    b"",
    b" ",
    b"[unknown]",
    b"\xe9",
    b"\\xe9",
    "日本".encode(),
    b"12",
    b"longer than two words of eight bytes",
    b"longer than two words of eight bytes!",
)
COUNTS = (
    b"1",
    b"0",
    b"12",
    b"999999999999999999",
    b"1000000000000000000",
    b"-3",
    b"2.5",
    b".125",
    b"1e3",
    b"7 9",
    b"0 0.5",
    b"",
)
ENDS = (b"\n", b"\r\n", b" \n", b"\n\n", b"\r\r\n")

lines = st.builds(
    lambda before, stack, gap, count, end: before + b";".join(stack) + gap + count + end,
    st.sampled_from([b""] * 8 + [b"# ", b"//", b"/", b" ", b";"]),
    st.lists(st.sampled_from(FRAMES), max_size=6),
    st.sampled_from([b" "] * 6 + [b"\t", b"  ", b";", b""]),
    st.sampled_from(COUNTS[:3] * 4 + COUNTS),
    st.sampled_from([ENDS[0]] * 6 + list(ENDS)),
)
plain = st.lists(st.lists(st.sampled_from(FRAMES[:8]), min_size=1, max_size=8), min_size=1, max_size=30).map(
    lambda stacks: b"".join(b"%s %d\n" % (b";".join(stack), i) for i, stack in enumerate(stacks))
)
two_counts = st.lists(
    st.tuples(
        st.lists(st.sampled_from(FRAMES[:8]), min_size=1, max_size=5), st.integers(0, 9), st.integers(0, 9)
    ),
    min_size=1,
).map(lambda rows: b"".join(b"%s %d %d\n" % (b";".join(stack), a, b) for stack, a, b in rows))


def outcome(data: bytes) -> object:
    """Return everything a profile holds, or the error, as something to compare."""
    try:
        (profile,) = importer.load(bytes_source("x.folded", data), ImportOptions())
    except HotspotError as error:
        return type(error), str(error)
    profile.check()
    frames, tree, samples = profile.frames, profile.call_tree, profile.samples
    columns = (frames.name, frames.file, frames.module, frames.line, frames.kind)
    columns += (tree.frame, tree.parent, tree.subtree_end, tree.depth, samples.leaf, samples.weight)
    said = profile.provenance
    return (
        [(column.dtype, column.tolist()) for column in columns],
        frames.strings,
        profile.value_types,
        (said.losses, said.module_style, said.format, said.path),
    )


def check_both(data: bytes, chunk: int = 1 << 20) -> None:
    """Read data in both ways, so many bytes at a time."""
    outcomes = []
    for way in folded_ways.WAYS:
        with pytest.MonkeyPatch.context() as monkeypatch:
            folded_ways.use(way, monkeypatch)
            monkeypatch.setattr(folded_lines, "_CHUNK", chunk)
            monkeypatch.setattr(folded_sorted, "_JOIN_BYTES", 10 * chunk)
            outcomes.append(outcome(data))
    assert outcomes[0] == outcomes[1]


chunks = st.sampled_from([2, 7, 64, 1 << 20])


@SETTINGS
@given(st.lists(lines, max_size=12).map(b"".join), chunks)
def test_lines_of_every_kind(data: bytes, chunk: int) -> None:
    check_both(data, chunk)


@SETTINGS
@given(plain | two_counts, chunks)
def test_plain_lines(data: bytes, chunk: int) -> None:
    check_both(data, chunk)


@SETTINGS
@given(
    st.binary(max_size=200) | st.lists(st.sampled_from([*TOKENS, b"a", b"1"]), max_size=30).map(b"".join),
    chunks,
)
def test_any_bytes(data: bytes, chunk: int) -> None:
    check_both(data, chunk)


@pytest.mark.parametrize("name", SEEDS)
def test_damaged_files(name: str) -> None:
    choose = random.Random(name)
    for _ in range(150):
        check_both(damaged(SEEDS[name], choose), choose.choice([7, 64, 1 << 20]))


def test_files_of_the_corpus(corpus: Path) -> None:
    choose = random.Random(2)
    files = sorted([*corpus.glob("collapsed/*"), *corpus.glob("expected/*collapsed-addrs*")])
    assert files
    for path in files:
        data = path.read_bytes()
        check_both(data)
        check_both(data[:20_000], 999)
        check_both(damaged(data[:20_000], choose), 5000)


def test_many_stacks_in_no_order() -> None:
    choose = random.Random(3)
    names = [f"{'n' * choose.randrange(40)}{i}" for i in range(300)]
    stacks = [";".join(choose.choices(names, k=choose.randrange(1, 90))) for _ in range(1500)]
    stacks += [f"{choose.choice(stacks)};{choose.choice(names)}" for _ in range(1500)]
    text = "".join(f"{choose.choice(stacks)} {choose.randrange(10**6)}\n" for _ in range(6000))
    check_both(text.encode(), 1 << 16)


@pytest.mark.parametrize(
    "data",
    [
        b"a 999999999999999999\n" * 9,  # just fits
        b"a 999999999999999999\n" * 10,
        b"b 999999999999999999\n" * 40,  # past uint64, too
        b"a 999999999999999999\nb -999999999999999999\n" * 5,
        b"a 500000000000000000\na -500000000000000000\nb 0.25\nb 0.35\n",  # no room for decimals, though a is 0
        b"a 1\nb 99999999999999999999\n",
        b";".join([b"f"] * 3000) + b" 1\n" + b";".join([b"f", b"g"] * 1500) + b" 2\n",
    ],
)
def test_extremes(data: bytes) -> None:
    check_both(data)


def test_depth_is_no_recursion() -> None:
    deep = b";".join(b"f%d" % (i % 7) for i in range(50_000))
    check_both(deep + b" 1\n" + deep[: len(deep) // 2] + b" 2\n", 1 << 16)


def test_numpy_is_not_what_is_compared_with_itself() -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        folded_ways.use("compiled", monkeypatch)
        assert isinstance(folded_lines.Lines("x").stacks, folded_lines.TreeOfStacks)
        folded_ways.use("numpy", monkeypatch)
        assert isinstance(folded_lines.Lines("x").stacks, folded_lines.SortedTexts)
