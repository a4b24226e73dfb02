"""What `hotspot diff` prints for the shipped samples; file names encode the options. `--bless` rewrites them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run, hotspot  # noqa: F401  (a fixture is found by its name)

ROOT = Path(__file__).parents[2]
EXPECTED = Path(__file__).parent / "diff"

SIDES = {
    "svg": ["before.svg", "after.svg"],
    "svg-folded": ["before.svg", "after.folded"],
    "replicates": ["replicates/before-*.folded", "replicates/after-*.folded"],
    "low-confidence": ["replicates/before-[123].folded", "replicates/after-[1-4].folded"],
}
OPTIONS = {"table": [], "top5": ["-n", "5"], "markdown": ["-n", "3", "-f", "markdown"], "csv": ["-f", "csv"]}
CASES = [
    "svg.table",
    "svg.markdown",
    "svg-folded.top5",
    "replicates.top5",
    "replicates.markdown",
    "low-confidence.top5",
]


@pytest.mark.parametrize("case", CASES)
def test_output(case: str, bless: bool, hotspot: Run, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.chdir(ROOT / "sample-profiles" / "py-spy")
    sides, options = case.split(".")
    result = hotspot("diff", *SIDES[sides], *OPTIONS[options])
    assert result.code == 0, result.err
    expected = EXPECTED / f"{case}.txt"
    if bless:
        expected.parent.mkdir(exist_ok=True)
        expected.write_text(result.out)
    assert result.out == expected.read_text()
