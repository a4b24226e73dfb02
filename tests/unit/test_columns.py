"""Columns for data frames, given to the real pandas and polars."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hotspot
import pytest
from hotspot.analysis.columns import columns
from hotspot.builder import ProfileBuilder
from hotspot.profile import Profile, Provenance, Thread
from hotspot.units import ValueType

from tests.vocabulary import profile_from_text

SAMPLES = Path(__file__).parents[2] / "sample-profiles"


@pytest.fixture(params=["pandas", "polars"])
def library(request: pytest.FixtureRequest) -> str:
    pytest.importorskip(request.param)
    return str(request.param)


def data_frame(profile: Profile, library: str, rows: Any) -> Any:
    return profile.to_pandas(rows) if library == "pandas" else profile.to_polars(rows)


def drawn() -> Profile:
    return profile_from_text(
        """
        main;parse;lex 3
        main;emit 1
        """
    )


def test_functions_are_the_ranking(library: str) -> None:
    profile = hotspot.load(SAMPLES / "py-spy" / "before.svg")
    frame = data_frame(profile, library, "functions")
    ranked = profile.top(n=0).rows
    assert list(frame["function"]) == [row.function for row in ranked]
    assert int(frame["self"].sum()) == profile.total
    assert frame["function"][0] == "tokenise"
    assert frame["file"][0] == "loglens.py"


def test_nodes_are_the_call_tree(library: str) -> None:
    frame = data_frame(drawn(), library, "nodes")
    rows = zip(
        *(list(frame[c]) for c in ("node", "parent", "depth", "function", "self", "total")), strict=True
    )
    assert sorted(rows) == [
        (0, -1, 0, "main", 0, 4),
        (1, 0, 1, "parse", 0, 3),
        (2, 1, 2, "lex", 3, 3),
        (3, 0, 1, "emit", 1, 1),
    ]


def test_samples_carry_every_value_type_and_the_thread(library: str) -> None:
    builder = ProfileBuilder(
        (ValueType("samples", "count"), ValueType("cpu", "seconds", scale=1000)),
    )
    main = builder.frames.intern("main", "", 0, "", 0)
    stack = builder.add_stacks([main], [0, 1])
    threads = (Thread(7, 8, "worker"),)
    builder.add_samples([int(stack[0])] * 2, [[1, 1500], [1, 250]], time=[10, 30], thread=[0, -1])
    profile = builder.build(Provenance(), threads=threads).check()
    frame = data_frame(profile, library, "samples")
    assert list(frame["samples/count"]) == [1, 1]
    assert list(frame["cpu/seconds"]) == [1.5, 0.25]
    assert list(frame["time"]) == [0, 20]
    assert list(frame["tid"]) == [8, -1]
    assert next(iter(frame["thread"])) == "worker"


def test_weights_of_a_recording_are_conserved_in_samples(library: str) -> None:
    profile = hotspot.load(SAMPLES / "perf" / "csvstat.perf.txt.gz")
    frame = data_frame(profile, library, "samples")
    assert len(frame) == len(profile.samples)
    assert int(frame[str(profile.value_type)].sum()) == profile.total


def test_an_unknown_kind_of_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="functions, nodes or samples, not 'threads'"):
        columns(drawn(), "threads")  # type: ignore[arg-type]
