"""Papers around issues, part by part: tries read from issue files, files on disk, kept answers of the gate."""

from __future__ import annotations

from pathlib import Path

import pytest
from hotspot.config import load_config
from hotspot.errors import UnreadableInput
from hotspot.state import MalformedState
from hotspot.workflow.documents.attempts import Measured, attempts
from hotspot.workflow.documents.document_file import read_text, write_text
from hotspot.workflow.documents.prose import as_code, flat, table_row
from hotspot.workflow.gate.kept import kept_gates
from hotspot.workflow.issues.issue_model import IMPLEMENTATION, VERIFICATION
from hotspot.workflow.issues.issue_text import parse, with_try

from tests.issue_files import write_issue

RESULTS = """\
Target: parse
Before: 502 ms (median of 12)
After: 201 ms (median of 12)
Change: -60.0% (95% interval -63.8% to -55.8%, 10% drift allowed for)
"""
EFFECTS = """\
- Peak memory: 14.2 MB before, 15.6 MB after (+9.9%; more than 5.0% worse)
- Size of dist/a: b.bin: 5.00 kB before, 4.00 kB after (-20.0%)
- Size of gone: unknown; it is not there after
- Benchmark app --write 'a: b': 100 ms before, 201 ms after (+100.0%; 95%
  interval +82.0% to +119.9%: slower)
- Benchmark read: 100 ms before, 100 ms after (+0.1%; 95% interval -9.4% to
  +10.3%: not decided)
"""


def test_a_try_is_read_back_from_its_issue_file(tmp_path: Path) -> None:
    issue = parse(write_issue(load_config(tmp_path), "PARSE").read_text(), "PARSE.txt")
    issue = with_try(issue, IMPLEMENTATION, (("Changes Made", "", "a table\n"),))
    blocks = (
        ("Benchmark Results", "", RESULTS),
        ("Side Effects", "", EFFECTS),
        ("Verdict", "REGRESSION", ""),
    )
    (attempt,) = attempts(parse(with_try(issue, VERIFICATION, blocks).text, "PARSE.txt"))
    assert attempt.measured is not None
    assert attempt.measured.short == "502 ms -> 201 ms (-60.0%)"
    assert [(e.what, e.before, e.after, e.direction) for e in attempt.side_effects] == [
        ("peak memory", "14.2 MB", "15.6 MB", "worse"),
        ("size of dist/a: b.bin", "5.00 kB", "4.00 kB", "better"),
        ("app --write 'a: b'", "100 ms", "201 ms", "worse"),
        ("read", "100 ms", "100 ms", None),
    ]
    assert attempt.moved == {
        "better": ("parse -60.0%", "size of dist/a: b.bin -20.0%"),
        "worse": ("peak memory +9.9%", "app --write 'a: b' +100.0%"),
    }


def test_profiles_are_quoted_as_a_ratio() -> None:
    change = "-10.9% (95% interval -14.5% to -7.2%)"
    of_profiles = Measured(
        "the whole program, samples/count", "1,839 a run (3 profiles)", "1,639 a run (3 profiles)", change
    )
    assert of_profiles.short == "1.12x on the whole program"
    assert (
        Measured("parse", "1.00 s (median of 10)", "890 ms (median of 10)", change).short
        == "1.00 s -> 890 ms (-10.9%)"
    )


def test_line_ends_of_a_document_stay_as_its_editor_left_them(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.md"
    write_text(path, "one\ntwo\n")
    assert path.read_bytes() == b"one\ntwo\n"
    path.write_bytes(b"one\r\ntwo\r\n")
    assert read_text(path) == "one\ntwo\n"
    write_text(path, "one\nthree\n")
    assert path.read_bytes() == b"one\r\nthree\r\n"
    assert read_text(tmp_path / "none") is None
    path.write_bytes(b"\xff")
    with pytest.raises(UnreadableInput, match="it is no UTF-8"):
        read_text(path)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\ntwo", "one two"),
        ("- one\n  more\n- two", "one more; two"),
        ("Try:\n- one.\n- two", "Try: one. two"),
        ("a <!-- hotspot:end --> b", "a < !-- hotspot:end --> b"),
        ("", ""),
    ],
)
def test_texts_become_one_line(text: str, line: str) -> None:
    assert flat(text) == line
    assert as_code("a`b") == "`a'b`"


def test_a_damaged_answer_of_the_gate_is_named(tmp_path: Path) -> None:
    folder = tmp_path / ".hotspot" / "gates"
    folder.mkdir(parents=True)
    (folder / "20261127T080000Z-0000-runs.json").write_text("[]")
    assert kept_gates(load_config(tmp_path)) == ()
    (folder / "20261127T080000Z-0000.json").write_text('{"schema": "hotspot.gate.kept/1"}')
    with pytest.raises(MalformedState, match=r"0000\.json: object missing required field") as raised:
        kept_gates(load_config(tmp_path))
    assert raised.value.hint == "it can be deleted: the gate writes new ones"


def test_names_of_others_cannot_disturb_a_terminal_or_a_table() -> None:
    assert table_row("a|b", "\x1b[31mred", "\u202ex") == r"| a\|b | \\x1b\[31mred | \\u202ex |"
    assert flat("\x1b[31mred") == r"\x1b[31mred"
