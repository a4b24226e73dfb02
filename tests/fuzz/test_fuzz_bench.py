"""Damaged benchmark results raise HotspotErrors and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hotspot.benchmarks.load import is_results, load_results
from hotspot.errors import HotspotError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FILES = sorted((Path(__file__).parents[1] / "benchmark_files").iterdir())
PIECES = [
    b"",
    b"null",
    b"-1",
    b"1e999",
    b"[]",
    b"{}",
    b'"x"',
    b"\xff",
    b"\0",
    b"NaN",
    b"ns/op",
    b"0",
    b"9" * 400,
    b"true",
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.floats(0, 1), length=st.integers(0, 60), piece=st.sampled_from(PIECES), cut=st.booleans())
def test_damaged_results(tmp_path: Path, path: Path, at: float, length: int, piece: bytes, cut: bool) -> None:
    data = path.read_bytes()
    begin = int(at * len(data))
    damaged = tmp_path / "damaged"
    damaged.write_bytes(data[:begin] + piece + (b"" if cut else data[begin + length :]))
    try:
        is_results(str(damaged))
        results = load_results(str(damaged))
    except HotspotError:
        return
    assert results.benchmarks
    assert len({one.name for one in results.benchmarks}) == len(results.benchmarks)


@pytest.mark.parametrize("depth", [100_000])
def test_deeply_nested_json(tmp_path: Path, depth: int) -> None:
    for text in ('{"results": ' + "[" * depth, "[" * depth, '{"results": ' + "[" * depth + "]" * depth + "}"):
        path = tmp_path / "deep.json"
        path.write_text(text)
        with pytest.raises(HotspotError):
            load_results(str(path))
