"""asv's result files. A measurement is each sample, taken as of one process; only ``time_`` benchmarks are read.

Format: https://asv.readthedocs.io/en/stable/dev.html. Samples are there only with ``asv run --record-samples``.
"""

from __future__ import annotations

import itertools
from typing import Any

import msgspec

from hotspot.benchmarks.model import MalformedResults
from hotspot.benchmarks.readers.base import Collector, Found, ResultsFile

NAME = "asv"


class _File(msgspec.Struct):
    result_columns: list[str]
    results: dict[str, Any]
    params: dict[str, Any] = {}
    commit_hash: str | None = None


def recognises(file: ResultsFile) -> bool:
    """Whether the top level has asv's ``result_columns``."""
    return {"results", "result_columns"} <= file.keys


def read(file: ResultsFile) -> Found:
    """Read every combination of parameters of every timing benchmark as a benchmark of its own."""
    document = file.decoded(_File)
    collector = Collector(file.path, one_process=True)
    for name, row in document.results.items():
        if not name.rpartition(".")[2].lower().startswith("time"):
            collector.skip(name, "does not measure time")
            continue
        # Columns at the end are left out where they would be null, and an old version writes no row for a failure.
        columns = dict(zip(document.result_columns, row, strict=False)) if isinstance(row, list) else {}
        if columns.get("result") is None:
            collector.skip(name, "failed")
            continue
        if not columns.get("samples"):
            collector.skip(name, "no samples; record them with `asv run --record-samples`")
            continue
        try:
            samples = msgspec.convert(columns["samples"], list[list[float] | None])
            params = msgspec.convert(columns.get("params") or [], list[list[str]])
        except msgspec.ValidationError as error:
            raise MalformedResults(file.path, f"{name}: {str(error).lower()}") from error
        for values, seconds in zip(itertools.product(*params), samples, strict=False):
            whole_name = f"{name}({', '.join(values)})" if values else name
            if seconds:
                collector.add(whole_name, seconds)
            else:
                collector.skip(whole_name, "failed or was skipped")
    known = {key: str(value) for key, value in document.params.items() if value is not None}
    machine = {
        "host": known.get("machine"),
        "cpu": known.get("cpu"),
        "cores": known.get("num_cpu"),
        "system": known.get("os"),
    }
    return collector.found(machine, document.commit_hash)
