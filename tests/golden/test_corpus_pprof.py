"""Real pprof files, and the real `go tool pprof` as the witness of what is in them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from hotspot.exporters import pprof as exporter
from hotspot.importers import folded as folded_importer
from hotspot.importers import perf_script, pprof, speedscope
from hotspot.importers.base import ImportOptions, Match, bytes_source, file_source
from hotspot.profile import UNKNOWN, LossKind, Profile

from tests.pprof_messages import DROPPING, dropping
from tests.vocabulary import folded

GOLDEN = Path(__file__).parent / "pprof"
RECORDED = ("cpu.pb.gz", "heap.pb.gz")
_ROW = re.compile(r"^\s*(-?\d+)\D*\s+\S+%\s+\S+%\s+(-?\d+)\D*\s+\S+%\s\s(.*?)(?: \((?:partial-)?inline\))?$")

# Profiles of other formats that are written as pprof, and which importer reads them.
CONVERTED = {
    "speedscope/before.speedscope.json": speedscope,
    "py-spy/before.folded": folded_importer,
    "perf/csvstat.perf.txt.gz": perf_script,
    "perf/csvstat.events.perf.txt.gz": perf_script,
    "perf/csvstat.inline.perf.txt.gz": perf_script,
}


@pytest.fixture(scope="session")
def go() -> str:
    path = shutil.which("go")
    if path is None:
        pytest.skip("no `go` here (Debian: apt-get install golang-go): the real pprof cannot be asked")
    return path


def read(path: Path) -> Profile:
    (profile,) = pprof.load(file_source(str(path)), ImportOptions())
    return profile.check()


def tool_top(go: str, path: Path, column: int, tmp_path: Path) -> dict[str, tuple[int, int]]:
    """Ask `go tool pprof -top`: flat and cumulative weight of each function."""
    command = [
        go,
        "tool",
        "pprof",
        "-top",
        f"-sample_index={column}",
        "-symbolize=none",
        "-nodecount=1000000",
    ]
    command += [
        "-nodefraction=0",
        "-edgefraction=0",
        f"-unit={'B' if 'heap' in path.name else 'ns'}",
        str(path),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "PPROF_TMPDIR": str(tmp_path)}
    )
    rows = [_ROW.match(line) for line in done.stdout.splitlines()]
    found = {row[3]: (int(row[1]), int(row[2])) for row in rows if row}
    assert found, done.stdout + done.stderr
    return found


def our_top(profile: Profile, column: int) -> dict[str, tuple[int, int]]:
    """Add up by name, as pprof does: a function of two files is one row, and each stack counts a name once."""
    frames, strings = profile.frames, profile.frames.strings
    names = []
    for name, module in zip(frames.name.tolist(), frames.module.tolist(), strict=True):
        unknown = strings[name] == UNKNOWN and module
        names.append(f"[{os.path.basename(strings[module])}]" if unknown else strings[name])
    flat: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for leaf, weight in zip(profile.samples.leaf, profile.samples.weight[:, column].tolist(), strict=True):
        path = [names[frame] for frame in profile.path(int(leaf))]
        flat[path[-1]] += weight
        total.update(dict.fromkeys(path, weight))
    return {name: (flat[name], total[name]) for name in total if flat[name] or total[name]}


@pytest.mark.parametrize("name", RECORDED)
def test_what_a_recording_holds(samples: Path, name: str, bless: bool) -> None:
    profile = read(samples / "go" / name)
    lines = [f"# {v} {profile.select(str(v)).total}" for v in profile.value_types]
    lines += [f"{stack} {weight}" for stack, weight in sorted(folded(profile).items())]
    text = "\n".join(lines) + "\n"
    golden = GOLDEN / f"{name}.folded"
    if bless:
        GOLDEN.mkdir(exist_ok=True)
        golden.write_text(text)
    assert text == golden.read_text()


def test_the_recordings_are_what_their_readme_says(samples: Path) -> None:
    cpu, heap = (read(samples / "go" / name) for name in RECORDED)
    assert [str(v) for v in cpu.value_types] == ["samples/count", "cpu/nanoseconds"]
    assert (str(cpu.value_type), cpu.total, cpu.sample_count) == ("cpu/nanoseconds", 4_560_000_000, 456)
    assert [loss.kind for loss in cpu.provenance.losses] == [LossKind.DROPPED]  # the label `phase`
    assert (str(heap.value_type), heap.total) == ("inuse_space/bytes", 183_646_669)
    assert [str(v) for v in heap.value_types[:2]] == ["alloc_objects/count", "alloc_space/bytes"]
    self_of = {row.function: row.self_weight for row in cpu.top(n=0).rows}
    assert self_of["main.sortByPrice"] == 3_090_000_000
    self_of = {row.function: row.self_weight for row in heap.top(n=0).rows}
    assert self_of["main.group"] == 129_119_645


@pytest.mark.parametrize("name", RECORDED)
def test_the_tool_finds_the_same_in_a_recording(go: str, samples: Path, tmp_path: Path, name: str) -> None:
    path = samples / "go" / name
    profile = read(path)
    for column in range(len(profile.value_types)):
        assert our_top(profile, column) == tool_top(go, path, column, tmp_path)


@pytest.mark.parametrize("name", RECORDED)
def test_a_recording_made_here(go: str, samples: Path, tmp_path: Path, name: str) -> None:
    for source in ("main.go", "go.mod"):
        shutil.copy(samples / "programs" / "orders" / source, tmp_path)
    subprocess.run([go, "build", "-o", "orders", "."], cwd=tmp_path, check=True, timeout=120)
    option = "-cpu" if name.startswith("cpu") else "-heap"
    subprocess.run(
        ["./orders", "-rounds", "1", option, name], cwd=tmp_path, check=True, capture_output=True, timeout=60
    )
    profile = read(tmp_path / name)
    assert profile.total > 0
    for column in range(len(profile.value_types)):
        assert our_top(profile, column) == tool_top(go, tmp_path / name, column, tmp_path)


@pytest.mark.parametrize("name", CONVERTED)
def test_the_tool_finds_what_hotspot_wrote(go: str, samples: Path, tmp_path: Path, name: str) -> None:
    profile = CONVERTED[name].load(file_source(str(samples / name)), ImportOptions())[0]
    path = tmp_path / "converted.pb.gz"
    path.write_bytes(b"".join(exporter.write(profile)))
    again = read(path)
    for column, value_type in enumerate(profile.value_types):
        whole = exporter.whole_numbers(value_type, profile.samples.weight[:, column])
        factor = {"milliseconds": 10**6, "seconds": 10**9}.get(whole.value_type.unit, 1)
        expected = {n: (f * factor, t * factor) for n, (f, t) in our_top(again, column).items()}
        assert expected == tool_top(go, path, column, tmp_path)
        assert sum(flat for flat, _ in our_top(again, column).values()) == int(whole.values.sum())
        if value_type.scale == 1:
            assert our_top(again, column) == our_top(profile, column)


@pytest.mark.parametrize(("drop", "keep", "expected"), DROPPING)
def test_the_tool_drops_the_same_frames(
    go: str, tmp_path: Path, drop: str, keep: str, expected: dict[str, int]
) -> None:
    path = tmp_path / "dropping.pb"
    path.write_bytes(dropping(drop, keep).data)
    weights: Counter[str] = Counter()
    for stack, weight in expected.items():
        weights[stack.split(";")[-1]] += weight
    assert {name: flat for name, (flat, _) in tool_top(go, path, 0, tmp_path).items() if flat} == weights


def test_the_tool_prints_an_unknown_function_as_its_module(go: str, tmp_path: Path) -> None:
    folded_text = b"main;[libc.so.6] 3\nmain;[unknown] 2\n"
    (profile,) = folded_importer.load(bytes_source("x.folded", folded_text), ImportOptions())
    path = tmp_path / "x.pb.gz"
    path.write_bytes(b"".join(exporter.write(profile)))
    assert tool_top(go, path, 0, tmp_path) == {"main": (0, 5), "[libc.so.6]": (3, 3), "[unknown]": (2, 2)}


def test_files_older_than_the_format_are_left_alone(corpus: Path) -> None:
    legacy = sorted((corpus / "pprof-legacy").iterdir())
    assert len(legacy) == 6
    assert {pprof.detect(file_source(str(path)).head) for path in legacy} == {Match.NO}
