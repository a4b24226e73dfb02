"""Out to speedscope or pprof and back in is the same, for all that the format can hold."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import pytest
from hotspot.errors import UsageError
from hotspot.exporters import pprof as pprof_exporter
from hotspot.exporters import speedscope as speedscope_exporter
from hotspot.importers import folded, perf_script, pprof, speedscope
from hotspot.importers.base import ImportOptions, bytes_source, file_source
from hotspot.profile import UNKNOWN, Kind, Profile, Thread
from hotspot.units import ValueType
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import SETTINGS, Recording, recordings
from tests.strategies import frames as hostile

_SECOND = {"seconds": 10**9, "milliseconds": 10**6, "microseconds": 10**3, "nanoseconds": 1}


@dataclass(frozen=True)
class Row:
    """A frame with everything a profile knows of it."""

    name: str
    file: str
    line: int
    module: str
    kind: Kind


def stacks_of(
    profile: Profile, view: Callable[[tuple[Row, ...]], Hashable]
) -> dict[str, Counter[tuple[Hashable, Thread | None]]]:
    """Return the exact weight of each stack and thread, in base units, for each value type; zeros left out."""
    frames, strings = profile.frames, profile.frames.strings
    columns = (frames.name, frames.file, frames.line, frames.module, frames.kind)
    rows = [
        Row(strings[name], strings[file], line, strings[module], Kind(kind))
        for name, file, line, module, kind in zip(*(column.tolist() for column in columns), strict=True)
    ]
    out: dict[str, Counter[tuple[Hashable, Thread | None]]] = {}
    threads = profile.samples.thread
    for column, value_type in enumerate(profile.value_types):
        factor = Fraction(_SECOND.get(value_type.unit, 1), value_type.scale)
        weights: Counter[tuple[Hashable, Thread | None]] = Counter()
        for row, leaf in enumerate(profile.samples.leaf.tolist()):
            thread = None if threads is None or threads[row] < 0 else profile.threads[threads[row]]
            path = view(tuple(rows[frame] for frame in profile.path(leaf)))
            weights[path, thread] += int(profile.samples.weight[row, column]) * factor
        out[value_type.type] = Counter({key: weight for key, weight in weights.items() if weight})
    return out


def text(hostile: str) -> str:
    """Half a surrogate pair becomes visible."""
    return hostile.encode("utf-8", "backslashreplace").decode()


def in_speedscope(path: tuple[Row, ...]) -> Hashable:
    """A frame is a name, a file and a line there."""
    return tuple((text(row.name) or UNKNOWN, text(row.file), row.line) for row in path)


def in_pprof(path: tuple[Row, ...]) -> Hashable:
    """Kinds are inlined, kernel (by the module) or user; an inlined frame lies in the module of its location."""
    out: list[Row] = []
    for row in path:
        joins = row.kind is Kind.INLINED and out and row.module in ("", out[-1].module)
        module = out[-1].module if joins else row.module
        kind = Kind.INLINED if joins else Kind.KERNEL if module.startswith("[kernel") else Kind.USER
        name = text(row.name) or UNKNOWN
        out.append(Row(name, text(row.file), row.line, text(module), kind))
    return tuple(out)


def through_speedscope(profile: Profile) -> Profile:
    (again,) = speedscope.load(
        bytes_source("x.json", b"".join(speedscope_exporter.write(profile))), ImportOptions()
    )
    return again.check()


def through_pprof(profile: Profile) -> Profile:
    (again,) = pprof.load(
        bytes_source("x.pb", gzip.decompress(b"".join(pprof_exporter.write(profile)))), ImportOptions()
    )
    return again.check()


def without_threads(
    stacks: dict[str, Counter[tuple[Hashable, Thread | None]]],
) -> dict[str, Counter[Hashable]]:
    out: dict[str, Counter[Hashable]] = {}
    for kind, weights in stacks.items():
        out[kind] = Counter()
        for (path, _), weight in weights.items():
            out[kind][path] += weight
    return {kind: Counter({path: w for path, w in weights.items() if w}) for kind, weights in out.items()}


def check_speedscope(profile: Profile) -> None:
    again = through_speedscope(profile)
    assert again.value_type.type == profile.value_type.type
    assert again.label == profile.label
    assert without_threads(stacks_of(again, in_speedscope)) == without_threads(
        stacks_of(profile, in_speedscope)
    )


def check_pprof(profile: Profile) -> None:
    again = through_pprof(profile)
    assert again.value_type.type == profile.value_type.type
    assert again.provenance.duration_ns == profile.provenance.duration_ns
    assert stacks_of(again, in_pprof) == stacks_of(profile, in_pprof)


# -- generated profiles -----------------------------------------------------------------------------------------

# Besides the hostile frames of `tests.strategies`, some that inlining and unknown addresses are made of.
plausible = st.tuples(
    st.sampled_from(["main", "lex", UNKNOWN]),
    st.sampled_from(["", "a.c"]),
    st.sampled_from([0, 1, 7]),
    st.sampled_from(["", "app", "/lib/libc.so.6", "[kernel.kallsyms]"]),
    st.sampled_from([int(Kind.USER), int(Kind.INLINED), int(Kind.KERNEL)]),
)
units = st.lists(
    st.sampled_from(
        [
            ValueType("samples", "count"),
            ValueType("cpu", "nanoseconds"),
            ValueType("wall", "seconds", 1000),
            ValueType("latency", "milliseconds", 10**6),
            ValueType("heap", "bytes"),
            ValueType("cycles:u", "count"),
            ValueType("cycles:u/samples", "count"),
            ValueType("a: b", "widgets"),
        ]
    ),
    min_size=1,
    max_size=3,
    unique=True,
).map(tuple)
drawn = recordings(frames=st.one_of(hostile, plausible), value_types=units)
labels = st.sampled_from(["", "before", "a: b", "cpu/nanoseconds", 'Thread 1 "x"'])


def profile_of(recording: Recording, label: str, duration: int | None = None) -> Profile:
    selected = len(recording.value_types) // 2
    profile = replace(recording.profile(), label=label, selected=selected)
    return replace(profile, provenance=replace(profile.provenance, duration_ns=duration))


def positive(recording: Recording) -> Recording:
    """A difference is refused (`test_negative_weights_are_refused`)."""
    return replace(recording, weights=[[abs(weight) for weight in row] for row in recording.weights])


@SETTINGS
@given(drawn, labels)
def test_speedscope_keeps_what_it_can_hold(recording: Recording, label: str) -> None:
    check_speedscope(profile_of(positive(recording), label))


@SETTINGS
@given(drawn, st.none() | st.integers(1, 2**60))
def test_pprof_keeps_what_it_can_hold(recording: Recording, duration: int | None) -> None:
    check_pprof(profile_of(recording, "", duration))


@SETTINGS
@given(drawn, labels)
def test_a_second_trip_changes_nothing(recording: Recording, label: str) -> None:
    profile = profile_of(positive(recording), label)
    once = b"".join(speedscope_exporter.write(through_speedscope(profile)))
    assert b"".join(speedscope_exporter.write(through_speedscope(through_speedscope(profile)))) == once
    again = b"".join(pprof_exporter.write(through_pprof(profile)))
    assert b"".join(pprof_exporter.write(through_pprof(through_pprof(profile)))) == again


@SETTINGS
@given(recordings())
def test_pprof_refuses_fractions_or_keeps_the_total(recording: Recording) -> None:
    profile = recording.profile()
    whole = [
        value_type.is_time or not any(row[column] % value_type.scale for row in recording.weights)
        for column, value_type in enumerate(profile.value_types)
    ]
    if not all(whole):
        with pytest.raises(UsageError, match="has fractions"):
            b"".join(pprof_exporter.write(profile))
        return
    again = through_pprof(profile)
    for column, value_type in enumerate(profile.value_types):
        before = Fraction(int(profile.samples.weight[:, column].sum()), value_type.scale)
        assert abs(int(again.samples.weight[:, column].sum()) - before) <= Fraction(1, 2)


# -- real profiles ------------------------------------------------------------------------------------------------

RECORDINGS = {
    "go/cpu.pb.gz": pprof,
    "go/heap.pb.gz": pprof,
    "speedscope/before.speedscope.json": speedscope,
    "py-spy/before.folded": folded,
    "perf/csvstat.perf.txt.gz": perf_script,
    "perf/csvstat.events.perf.txt.gz": perf_script,
    "perf/csvstat.inline.perf.txt.gz": perf_script,
}


@pytest.mark.parametrize("name", RECORDINGS)
def test_real_profiles(samples: Path, name: str) -> None:
    (profile,) = RECORDINGS[name].load(file_source(str(samples / name)), ImportOptions())
    check_speedscope(profile)
    check_pprof(profile)


def test_speedscope_s_own_files(corpus: Path) -> None:
    files = sorted((corpus / "speedscope").iterdir())
    assert len(files) == 4
    for path in files:
        for profile in speedscope.load(file_source(str(path)), ImportOptions()):
            check_speedscope(profile)
            check_pprof(profile)
