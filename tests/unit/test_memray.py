"""memray captures: recorded here with memray itself, compared with what memray says of them."""

from __future__ import annotations

import gzip
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hotspot.errors import HotspotError, MalformedProfile, MissingTool
from hotspot.importers import memray as importer
from hotspot.importers import registry
from hotspot.importers.base import ImportOptions, Match, bytes_source
from hotspot.profile import LossKind

from tests.vocabulary import format_tree

PROGRAM = """\
import threading
kept = []
def leaf(size):
    return bytearray(size)
def work(size):
    for _ in range(10):
        kept.append(leaf(size))
thread = threading.Thread(target=work, args=(5_000,), name="worker")
thread.start()
thread.join()
work(100_000)
"""
MAGIC = b"\x04\x22\x4d\x18@@\xc0{?\x00\x00\xfa\x04memray\0rest"


@pytest.fixture(
    scope="module", params=[(), ("--aggregate",), ("--native",)], ids=["all", "aggregate", "native"]
)
def capture(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("memray")
    folder = tmp_path_factory.mktemp("memray")
    (folder / "program.py").write_text(PROGRAM)
    command = [sys.executable, "-m", "memray", "run", "-q", *request.param, "-o", "out.bin", "program.py"]
    subprocess.run(command, cwd=folder, check=True)
    return folder / "out.bin"


def test_a_capture_has_what_memray_counts_at_the_peak(capture: Path) -> None:
    import memray

    profile = registry.load(str(capture)).check()
    with memray.FileReader(str(capture)) as reader:
        records = list(reader.get_high_watermark_allocation_records(merge_threads=True))
        assert profile.total == reader.metadata.peak_memory == sum(record.size for record in records)
    assert profile.select("allocations").total == sum(record.n_allocations for record in records)
    frames = profile.frames
    names = {frames.strings[i] for i in frames.name}
    assert {"leaf", "work"} <= names
    assert "worker" in {thread.name for thread in profile.threads}
    assert profile.provenance.format == "memray"


def test_the_stacks_of_both_threads_are_told_apart(capture: Path) -> None:
    profile = registry.load(str(capture)).check()
    assert profile.samples.thread is not None
    (worker,) = (i for i, thread in enumerate(profile.threads) if thread.name == "worker")
    frames, of_leaf = profile.frames, [False] * len(profile.call_tree)
    for node in range(len(profile.call_tree)):
        parent = int(profile.call_tree.parent[node])
        name = frames.strings[frames.name[profile.call_tree.frame[node]]]
        of_leaf[node] = name == "leaf" or (parent >= 0 and of_leaf[parent])
    sizes = [0, 0]
    for leaf, thread, (size, _) in zip(
        profile.samples.leaf, profile.samples.thread, profile.samples.weight, strict=True
    ):
        if of_leaf[leaf]:
            sizes[int(thread == worker)] += int(size)
    assert 1_000_000 <= sizes[0] < 1_001_000
    assert 50_000 <= sizes[1] < 51_000


def test_the_total_is_the_one_memray_prints(capture: Path) -> None:
    summary = capture.with_name("stats.json")
    command = [sys.executable, "-m", "memray", "stats", "--json", "-f", "-o", str(summary), str(capture)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("memray has no statistics of an aggregated capture")
    expected = json.loads(summary.read_text())["metadata"]["peak_memory"]
    assert registry.load(str(capture)).total == expected


def test_a_damaged_capture_is_refused_under_its_own_name(capture: Path) -> None:
    data = capture.read_bytes()
    for damaged in (data[:40], data[: len(data) // 2], data[:64] + b"\xff" * 64 + data[128:]):
        with pytest.raises(MalformedProfile, match=r"^given: memray cannot read it: ") as error:
            importer.load(bytes_source("given", damaged), ImportOptions())
        assert "capture.bin" not in str(error.value)


def test_a_capture_that_crashes_memrays_reader_is_an_error_like_any_other(capture: Path) -> None:
    chance, refused = random.Random(3), 0
    for _ in range(12):
        data = bytearray(capture.read_bytes())
        for _ in range(3):
            data[chance.randrange(100, len(data))] = chance.randrange(256)
        try:
            importer.load(bytes_source("given", bytes(data)), ImportOptions())[0].check()
        except HotspotError as error:
            refused += 1
            assert str(error).startswith("given: ")  # noqa: PT017  (one of two right answers)
    assert refused


def test_what_memray_complains_about_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # A reader of the same output, since which damage memray notices is its own affair.
    reader = tmp_path / "reader.py"
    reader.write_text(
        "import json, sys\n"
        "print('Memray ERROR: Invalid record type', file=sys.stderr)\n"
        "json.dump({'pid': 1, 'seconds': 2.5, 'frames': [['f', 'a.py', 3]], 'stacks': [[0]], 'weights': [[64, 2]],"
        " 'threads': [[1, 'main']]}, sys.stdout)\n"
    )
    monkeypatch.setattr(importer.records, "__file__", str(reader))
    monkeypatch.setattr(importer, "find_spec", lambda name: name)
    (profile,) = importer.load(bytes_source("given", MAGIC), ImportOptions())
    assert format_tree(profile.check()) == "f (a.py:3) 64,64"
    assert [loss.kind for loss in profile.provenance.losses] == [LossKind.DROPPED, LossKind.TRUNCATED]
    assert (
        profile.provenance.losses[1].text == "memray stopped reading early: Memray ERROR: Invalid record type"
    )
    assert profile.provenance.duration_ns == 2_500_000_000


def test_a_compressed_capture_is_opened(capture: Path) -> None:
    packed = capture.with_suffix(".bin.gz")
    packed.write_bytes(gzip.compress(capture.read_bytes()))
    assert registry.load(str(packed)).total == registry.load(str(capture)).total


def test_without_memray_the_hint_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "memray", None)
    with pytest.raises(MissingTool) as error:
        importer.load(bytes_source("out.bin", MAGIC), ImportOptions())
    assert error.value.hint == "pip install 'hotspot-profiling[memray]'"


def test_only_a_capture_has_the_magic() -> None:
    for data in (MAGIC, b"memray\0\x0b\0\0\0"):
        head = bytes_source("x", data).head
        assert [i.INFO.name for i in registry.importers() if i.detect(head) is Match.YES] == ["memray"]
    assert importer.detect(bytes_source("x", b"\x04\x22\x4d\x18" + b"x" * 64 + b"memray\0").head) is Match.NO
