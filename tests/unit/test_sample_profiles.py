"""The sample profiles are small, name no private path, are all documented, and show what their README says."""

import gzip
import lzma
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[2] / "sample-profiles"
RECORDINGS = sorted(
    path for tool in ("perf", "py-spy") for path in (SAMPLES / tool).rglob("*") if path.is_file()
)
README = (SAMPLES / "README.md").read_text()


def content(path: Path) -> bytes:
    decompress = {".gz": gzip.decompress, ".xz": lzma.decompress}.get(path.suffix, bytes)
    return decompress(path.read_bytes())


def self_samples(path: Path) -> Counter[str]:
    """Samples by leaf function, lines ignored."""
    counts: Counter[str] = Counter()
    for line in path.read_text().splitlines():
        stack, weight = line.rsplit(" ", 1)
        counts[re.sub(r" \(.*", "", stack.rsplit(";", 1)[-1])] += int(weight)
    return counts


def test_all_recordings_together_are_under_two_megabytes() -> None:
    assert len(RECORDINGS) == 20
    assert sum(path.stat().st_size for path in RECORDINGS) < 2_000_000


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name)
def test_no_recording_names_a_private_path(path: Path) -> None:
    assert re.findall(rb"/(?:root|home|tmp|Users)/[^\s;)]*", content(path)) == []


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name)
def test_the_readme_has_a_row_for_every_recording(path: Path) -> None:
    name = re.sub(
        r"-[2-4]\.", "-1.", path.relative_to(SAMPLES).as_posix()
    )  # a row names the first and the last run
    assert f"`{name}`" in README or f"`{path.name}`" in README


def test_both_versions_of_loglens_print_the_same() -> None:
    outputs = [
        subprocess.run(
            [sys.executable, "loglens.py", "2000"], cwd=folder, check=True, capture_output=True
        ).stdout
        for folder in (SAMPLES / "programs/loglens/before", SAMPLES / "programs/loglens/after")
    ]
    assert outputs[0].count(b"\n") > 50
    assert outputs[0] == outputs[1]


def test_tokenise_alone_got_faster_in_every_replicate() -> None:
    runs = {
        side: [
            self_samples(path) for path in sorted((SAMPLES / "py-spy/replicates").glob(f"{side}-*.folded"))
        ]
        for side in ("before", "after")
    }
    assert [len(side) for side in runs.values()] == [5, 5]
    assert max(run["tokenise"] for run in runs["after"]) < 0.3 * min(
        run["tokenise"] for run in runs["before"]
    )
    before, after = (sum(side, Counter()) for side in runs.values())
    steady = [name for name, samples in before.items() if samples >= 1000 and name != "tokenise"]
    assert len(steady) >= 5
    assert all(0.9 < after[name] / before[name] < 1.1 for name in steady)


@pytest.mark.skipif(shutil.which("awk") is None, reason="awk is not installed")
def test_the_folded_csvstat_is_what_the_documented_step_makes() -> None:
    text = content(SAMPLES / "perf/csvstat.perf.txt.gz")
    folded = subprocess.run(
        ["awk", "-f", SAMPLES / "fold.awk"], input=text, check=True, capture_output=True
    ).stdout
    assert (
        b"".join(sorted(folded.splitlines(keepends=True))) == (SAMPLES / "perf/csvstat.folded").read_bytes()
    )
