"""Known work: numbers a side, numbers a run, and files that name every profile."""

from __future__ import annotations

from pathlib import Path

import pytest
from hotspot.analysis.work import read_work_file, work_of_paths, work_of_runs
from hotspot.errors import HotspotError, MalformedProfile, UnreadableInput, UsageError

from tests.vocabulary import profile_from_text

RUN = profile_from_text("main 1")


def test_a_number_a_side_or_one_a_run() -> None:
    assert work_of_runs((1000, 1200), [RUN] * 2, [RUN]).tolist() == [1000, 1000, 1200]
    assert work_of_runs(([1, 2], 3.5), [RUN] * 2, [RUN]).tolist() == [1, 2, 3.5]
    with pytest.raises(UsageError, match="work after: 2 numbers for 1 runs"):
        work_of_runs((1, [1, 2]), [RUN], [RUN])


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "work.tsv"
    path.write_text("# path\twork\na/one.folded\t1000\nmy run.folded 1.5e3\n\n")
    assert read_work_file(str(path)) == {"a/one.folded": 1000, "my run.folded": 1500}


@pytest.mark.parametrize(
    "line", ["one.folded", "one.folded ten", "one.folded -1", "one.folded 0", "one.folded nan"]
)
def test_a_bad_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "work.tsv"
    path.write_text(f"fine 1\n{line}\n")
    with pytest.raises(MalformedProfile, match=r"work\.tsv:2: expected a path and a positive number"):
        read_work_file(str(path))


def test_an_unreadable_file(tmp_path: Path) -> None:
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(UnreadableInput):
            read_work_file(str(path))
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(HotspotError):
        read_work_file(str(tmp_path / "binary"))


def test_paths_are_found_as_given_by_file_or_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    known = {
        "b/1.folded": 1.0,
        "./b/2.folded": 2.0,
        "elsewhere/3.folded": 3.0,
        "x/4.folded": 4.0,
        "y/4.folded": 5.0,
    }
    assert work_of_paths(known, ["b/1.folded", "b/2.folded", "here/3.folded", "y/4.folded"]) == [1, 2, 3, 5]
    with pytest.raises(UsageError, match=r"no work is given for z/4\.folded"):
        work_of_paths(known, ["z/4.folded"])
