"""The compiled reader of perf script text, against the one in numpy: the same profile, whatever the text."""

from __future__ import annotations

import io
import random
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hotspot.errors import EmptyProfile
from hotspot.importers import perf_script
from hotspot.importers.base import ImportOptions, bytes_source, file_source
from hotspot.importers.perf_script.compiled import CompiledParser
from hotspot.importers.perf_script.parse import ScriptParser
from hotspot.importers.perf_script.pieces import pieces
from hotspot.importers.perf_script.profile import assemble
from hotspot.native.perf_script import ODD, perf_script_library
from hotspot.profile import Profile, Provenance
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.test_fuzz_perf import OWN, mutated, recordings
from tests.perf_script_texts import scripts

native = perf_script_library()
pytestmark = pytest.mark.skipif(
    native is None, reason="the compiled part of hotspot is not there: `make dev` with a C compiler builds it"
)

SEEDS = range(8)
ROUNDS = 40
WHOLE = 1 << 20


def compiled() -> CompiledParser:
    assert native is not None
    return CompiledParser(native)


def read(parser: CompiledParser | ScriptParser, text: bytes, size: int) -> list[object]:
    """Everything that reading a text in pieces of some size yields."""
    for piece, offset, stop in pieces(io.BytesIO(text), "text", size):
        parser.feed(piece, offset, stop)
    columns = parser.columns()
    told: list[object] = [columns.oddities]
    told.append([columns.stacks.have_frames(rows.stack).tolist() for rows in columns.batches])
    try:
        return [*told, *told_by(assemble(columns, Provenance()).check())]
    except EmptyProfile:
        return told


def told_by(profile: Profile) -> list[object]:
    samples, tree, frames = profile.samples, profile.call_tree, profile.frames
    columns: list[np.ndarray | None] = [
        *(samples.leaf, samples.weight, samples.time, samples.thread),
        *(tree.frame, tree.parent, tree.subtree_end, tree.depth),
        *(frames.name, frames.file, frames.line, frames.module, frames.kind),
    ]
    return [
        profile.threads,
        profile.value_types,
        profile.selected,
        profile.provenance,
        frames.strings,
        *(None if column is None else column.tolist() for column in columns),
    ]


def both_ways(text: bytes, size: int = WHOLE) -> tuple[list[object], list[object]]:
    """What reading a text in pieces of some size yields with C and without; the two must be equal."""
    return read(compiled(), text, size), read(ScriptParser(), text, size)


# -- both read the same -------------------------------------------------------------------------------------------


@given(scripts, st.sampled_from([1, 40, 200, 1000, WHOLE]))
def test_drawn_texts(text: str, size: int) -> None:
    in_c, in_numpy = both_ways(text.encode(), size)
    assert in_c == in_numpy


# Words that lines are made of, so that there are lines of nearly the usual shape.
_words = st.sampled_from(
    ["\t", " ", "  ", "4005b1", "0", "f", "main", "+0x1f", "+0x", "(/bin/x)", "(inlined)", " (deleted))", "(/x", "(", ")", "()",
     "[unknown]", "([unknown])", "comm", "cafe", "12", "12/13", "[001]", "1.000000:", "1.123456789:", "1.00000:",
     "9999999999.000000:", "99999999999.000000:", ":", "1000", "9999999999999999999", "cycles:", "cycles:u:", "::", "a:b: x",
     "PERF_RECORD_X", "#", "\r", "\x0b", "\0", "\x7f", "\xe9", ".", "..", "\n", "\n\n", "\n\t4005b1 ",
     "\n\n  comm 1 1.000000: 1 cycles: "]
)  # fmt: skip
_lines = st.lists(_words, max_size=12).map("".join)
_usual = st.sampled_from(
    [
        "comm  1/2 [000] 1.000001:    250000 cycles:u: \n\t          4005b1 f+0x1f (/bin/x)\n\t           400500 main (/bin/x)\n\n",
        "a b 7 2.000001: cycles:\n\t4005b1 g+0x1 (inlined)\n\t4005b1 f+0x1 (/bin/x)\n\t4005b2 h (inlined)\n\t1 main (/bin/x)\n\n",
    ]
)


@given(st.lists(st.one_of(_usual, _lines, _lines.map("{}\n".format)), max_size=12).map("".join))
def test_texts_that_are_nearly_usual(text: str) -> None:
    in_c, in_numpy = both_ways(text.encode("latin-1", "replace"))
    assert in_c == in_numpy


@given(st.lists(_words, max_size=8).map("".join), st.integers(0, 150), st.integers(0, 3))
def test_a_usual_sample_with_something_put_into_it(word: str, place: int, cut: int) -> None:
    usual = (
        "comm  1/2 [000] 1.000001:    250000 cycles:u: \n\t          4005b1 f+0x1f (/bin/x)\n"
        "\t          4005b2 g (inlined)\n\t          4005b2 main+0x3 (/bin/x)\n\n"
    )
    in_c, in_numpy = both_ways(
        (usual + usual[:place] + word + usual[place + cut :] + usual).encode("latin-1", "replace")
    )
    assert in_c == in_numpy


@pytest.mark.parametrize("seed", SEEDS)
def test_damaged_texts(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(ROUNDS):
        in_c, in_numpy = both_ways(mutated(OWN, chance), chance.choice([100, 1000, WHOLE]))
        assert in_c == in_numpy


@pytest.mark.parametrize("seed", SEEDS)
def test_damaged_texts_of_the_corpus(corpus: Path, seed: int) -> None:
    chance = random.Random(seed)
    texts = list(recordings(corpus))
    for _ in range(ROUNDS):
        in_c, in_numpy = both_ways(mutated(chance.choice(texts), chance), chance.choice([100, 1000, WHOLE]))
        assert in_c == in_numpy


def test_the_corpus(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in sorted((corpus / "perf-script").iterdir()):
        source = file_source(str(path))
        (with_it,) = perf_script.load(source, ImportOptions())
        with monkeypatch.context() as patch:
            patch.setattr(perf_script, "perf_script_library", lambda: None)
            (without,) = perf_script.load(source, ImportOptions())
        assert told_by(with_it) == told_by(without), path.name


def test_text_cut_off_anywhere() -> None:
    for end in range(0, 700):
        in_c, in_numpy = both_ways(OWN[:end])
        assert in_c == in_numpy


def test_more_paragraphs_than_are_read_at_once() -> None:
    sample = b"comm %d 1.%06d: 5 cycles:\n\t1 f%d+0x%x (/bin/x)\n\nodd %d\n\n"
    in_c, in_numpy = both_ways(b"".join(sample % (i % 7, i, i % 11, i, i) for i in range(20_000)), 1 << 22)
    assert in_c == in_numpy


def test_a_deep_stack() -> None:
    frames = b"".join(b"\t%x f%d (/bin/x)\n" % (i, i % 300) for i in range(60_000))
    in_c, in_numpy = both_ways(b"comm 1 1.000000: 5 cycles:\n" + frames + b"\n")
    assert in_c == in_numpy


# -- what is read in C, and what is left --------------------------------------------------------------------------


def is_usual(text: str) -> bool:
    """Whether C reads the one paragraph of a text; all texts are read alike."""
    data = text.encode()
    in_c, in_numpy = both_ways(data)
    assert in_c == in_numpy
    in_c, in_numpy = both_ways(data * 3)
    assert in_c == in_numpy
    parser = compiled()
    (paragraph,) = parser._script.scan(data, len(data), parser._meaning)
    return bool(paragraph["node"] != ODD)


FRAMES = "\t          4005b1 f+0x1f (/bin/x)\n\t          400500 main+0x2 (/bin/x)\n"


@pytest.mark.parametrize(
    "header",
    [
        "comm  1 1.000001:    250000 cycles:u: ",
        "comm  1/2 [000] 1.000001:    250000 cycles:u: ",
        "worker 1/io -1/-1 [000] 1.000000001: cycles:",
        "V8 Worker 3  12 9223372035.999999: 999999999999999999 cpu/event=0x3c/u:  ",
        "1.000001: 1 cycles:",
        "comm 1.000001:",
        "comm 12 1.5 1.000001: cycles:",
        "dd 12 1.000001: 1 cycles:",
        "sh  1 [001] 1.000000: sched:sched_switch: prev_comm=a ==> next_comm=b",
    ],
)
def test_headers_of_the_usual_shape(header: str) -> None:
    assert is_usual(f"{header}\n{FRAMES}\n")


@pytest.mark.parametrize(
    "header",
    [
        "# comm 1 1.000001: 1 cycles:",
        "comm 1 cycles:",
        "comm 1",
        "comm 1 9223372036.000001: 1 cycles:",
        "comm 1 1.00001: 1 cycles:",
        "comm 1 1.000001: 9999999999999999999 cycles:",
        "comm 1 1.000001: 1 2 cycles:",
        "comm 1 1.000001: 1",
        "comm 1 1.000001: an event: ",
        "comm 1 1.000001:\tcycles:",
        "cafe 1 1.000001: sched:sched_switch: prev (x)",
        "comm 1 1.000001: cycles: PERF_RECORD_X",
        "comm 1 1.000001: PERF_RECORD_X: 1",
        "x" * 601 + " 1.000001: 1 cycles:",
        "comm 1 1.000001: 1 " + "x" * 301 + ":",
    ],
)
def test_headers_that_are_left(header: str) -> None:
    assert not is_usual(f"{header}\n{FRAMES}\n")


@pytest.mark.parametrize(
    "line",
    [
        "\t4005b1 f (/bin/x)",
        "\tffffffffffffffff operator()(int) const+0x1f (/bin/x (deleted))",
        "\t4005b1 [unknown] ([unknown])",
        "\t4005b1 f+0x1+0x2 (/bin/x)",
        "\t4005b1 +0x1 (/bin/x)",
        "\t4005b1  (/bin/x)",
        "\t4005b1 (/bin/x)",
        "\t4005b1 f+0x1f",
        "\t4005b1 f(int)+0x1f",
        "\t4005b1 f(int)",
        "\t4005b1 f (/bin/x",
        "\t4005b1",
        "\t0 f (inlined)",
        "\t400500 f (inlined)",
        "\t 400500 f(inlined)",
    ],
)
def test_frames_of_the_usual_shape(line: str) -> None:
    header = "comm 1 1.000001: 1 cycles:\n"
    assert is_usual(f"{header}\t12 leaf (/bin/y)\n{line}\n{FRAMES}\n")
    other = line.replace("4005b1", "4005b2").replace("+0x1f", "+0x2f")
    in_c, in_numpy = both_ways(
        f"{header}{line}\n{FRAMES}\n{header}{other}\n{FRAMES}\n{header}{FRAMES}{line}\n{other}\n\n".encode()
    )
    assert in_c == in_numpy


@pytest.mark.parametrize(
    "line",
    [
        "  file.c:12",
        "\tgarbage",
        "\t10000000000000000 f (/bin/x)",
        "\t4005b1   f (/bin/x)",
        "\t4005B1 f (/bin/x)",
        "4005b1 f (/bin/x)",
        "comm 1 1.000002: 1 cycles:",
        " ",
        "\t400500 (inlined)",
    ],
)
def test_lines_that_are_left(line: str) -> None:
    assert not is_usual(f"comm 1 1.000001: 1 cycles:\n{FRAMES}{line}\n{FRAMES}\n")


def test_a_stack_is_one_node_whatever_its_addresses_and_offsets() -> None:
    header = "comm 1 1.000001: 1 cycles:\n"
    (profile,) = perf_script.load(
        bytes_source(
            "x",
            "".join(f"{header}\t{i:16x} f+0x{i:x} (/bin/x)\n{FRAMES}\n" for i in range(1, 2000)).encode(),
        ),
        ImportOptions(),
    )
    assert len(profile.call_tree) == 4
    assert profile.sample_count == 1999


def test_a_header_and_its_frames_with_an_empty_line_between_are_one_sample() -> None:
    header = "a 1 1.000000: net:x: payload\n"
    usual = f"b 2 1.000000: 1 cycles:\n{FRAMES}\n"
    in_c, in_numpy = both_ways((usual + header + "\n" + FRAMES + "\n" + usual).encode())
    assert in_c == in_numpy
    in_c, in_numpy = both_ways((usual + header + "\n" + usual + FRAMES + "\n" + usual).encode())
    assert in_c == in_numpy


def test_the_first_skipped_line_is_told_where_it_stands() -> None:
    usual = f"b 2 1.000000: 1 cycles:\n{FRAMES}\n"
    text = usual * 30 + "odd\n\n" + usual * 30 + "odder\n\n"
    (profile,) = perf_script.load(bytes_source("x", text.encode()), ImportOptions())
    (loss,) = profile.provenance.losses
    assert loss.text == f"2 lines could not be read, the first at line {usual.count(chr(10)) * 30 + 1}"


def test_a_long_frame_below_many_inlined_ones_is_not_kept_with_each() -> None:
    inlined = b"".join(b"\t4005b1 f%d (inlined)\n" % number for number in range(3000))
    text = b"a 1 1.000000: cycles:\n" + inlined + b"\t4005b1 " + b"m" * 50_000 + b" (/bin/x)\n\n"
    parser = compiled()
    tracemalloc.start()
    parser.feed(text, 0, len(text))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 << 20  # the lines themselves; it was 150 MB and more
    in_c, in_numpy = both_ways(text)
    assert in_c == in_numpy
