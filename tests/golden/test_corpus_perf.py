"""Published `perf script` files against what other tools read from them.

Three witnesses: FlameGraph's stackcollapse-perf.pl, which weighs by the period, keeps the first event only and
loses the last sample of a file that does not end in an empty line; a corrected fork of it, which weighs each
sample 1; and speedscope's snapshots.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hotspot.importers import perf_script
from hotspot.importers.base import ImportOptions, Match, file_source
from hotspot.profile import Kind, Profile

pytestmark = pytest.mark.usefixtures("perf_script_reader")

_FILES = {
    # file: samples of each event, sum of periods of the first event (None where none is printed)
    "brendangregg_FlameGraph__example-perf-stacks.txt.gz": ([1315], None),
    "brendangregg_FlameGraph__test__perf-cycles-instructions-01.txt": ([333, 111], None),
    "brendangregg_FlameGraph__test__perf-dd-stacks-01.txt": ([11], 111_111_110),
    "brendangregg_FlameGraph__test__perf-funcab-cmd-01.txt": ([169], None),
    "brendangregg_FlameGraph__test__perf-funcab-pid-01.txt": ([228], None),
    "brendangregg_FlameGraph__test__perf-iperf-stacks-pidtid-01.txt": ([201], None),
    "brendangregg_FlameGraph__test__perf-java-faults-01.txt": ([23], 200),
    "brendangregg_FlameGraph__test__perf-java-stacks-01.txt": ([46], None),
    "brendangregg_FlameGraph__test__perf-java-stacks-02.txt": ([2], None),
    "brendangregg_FlameGraph__test__perf-js-stacks-01.txt": ([2], None),
    "brendangregg_FlameGraph__test__perf-mirageos-stacks-01.txt": ([53], None),
    "brendangregg_FlameGraph__test__perf-numa-stacks-01.txt": ([200], None),
    "brendangregg_FlameGraph__test__perf-rust-Yamakaky-dcpu.txt": ([58], 6_850_637),
    "brendangregg_FlameGraph__test__perf-vertx-stacks-01.txt": ([286], None),
    "jlfwong_speedscope__sample__profiles__linux-perf__forks.linux-perf.txt": ([561], 561_561_561),
    "jlfwong_speedscope__sample__profiles__linux-perf__rust-mangled.linux-perf.txt": ([96], 1_627_118_592),
    "jlfwong_speedscope__sample__profiles__linux-perf__simple-with-header.linux-perf.txt": (
        [136],
        136_136_136,
    ),
    "jlfwong_speedscope__sample__profiles__linux-perf__simple-with-pid.linux-perf.txt": ([137], None),
    "jlfwong_speedscope__sample__profiles__linux-perf__simple.linux-perf.txt": ([1], 1_001_001),
    "jlfwong_speedscope__sample__profiles__linux-perf__system-wide.linux-perf.txt": ([556], 556_556_556),
}


def read(path: Path) -> Profile:
    (profile,) = perf_script.load(file_source(str(path)), ImportOptions())
    return profile.check()


def text_of(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8", "replace")


def count_headers(text: str) -> int:
    """Count samples the dumb way: lines that begin a paragraph and are no comment."""
    lines = [line for line in text.split("\n") if not line.startswith("#")]
    return sum(
        1 for above, line in zip(["", *lines], lines, strict=False) if line.strip() and not above.strip()
    )


@pytest.mark.parametrize("name", _FILES)
def test_every_sample_and_every_period_is_kept(corpus: Path, name: str) -> None:
    path = corpus / "perf-script" / name
    profile = read(path)
    counts, period = _FILES[name]
    got = {str(v): int(profile.samples.weight[:, i].sum()) for i, v in enumerate(profile.value_types)}
    assert [total for kind, total in got.items() if kind.endswith("samples/count")] == counts
    assert sum(counts) == count_headers(text_of(path))
    assert [total for kind, total in got.items() if not kind.endswith("samples/count")] == (
        [period] if period else []
    )
    assert profile.total == (period or counts[0])
    assert profile.provenance.losses == ()


def test_every_file_of_the_corpus_is_listed_here(corpus: Path) -> None:
    assert {path.name for path in (corpus / "perf-script").iterdir()} == set(_FILES)


@pytest.mark.parametrize("name", _FILES)
def test_every_file_is_recognised(corpus: Path, name: str) -> None:
    assert perf_script.detect(file_source(str(corpus / "perf-script" / name)).head) is Match.YES


def test_no_other_file_of_the_corpus_is_taken(corpus: Path) -> None:
    others = [path for path in corpus.glob("*/*") if path.parent.name != "perf-script"]
    taken = [path.name for path in others if perf_script.detect(file_source(str(path)).head) is not Match.NO]
    assert others
    assert taken == []


# -- stackcollapse-perf.pl -----------------------------------------------------------------------------------


def collapsed(profile: Profile, *, kernel: bool, jit: bool, root: str) -> Counter[str]:
    """Fold the selected value type with the labels of stackcollapse-perf.pl."""
    stacks: Counter[str] = Counter()
    threads = profile.samples.thread
    for row in np.flatnonzero(profile.weights).tolist():
        frames = profile.path(int(profile.samples.leaf[row]))
        comm = profile.frame_name(frames[0]).replace(" ", "_")
        if root:
            thread = profile.threads[int(threads[row])] if threads is not None else None
            assert thread is not None
            comm += f"-{'?' if thread.pid is None else thread.pid}"
            comm += f"/{thread.tid}" if root == "tid" else ""
        labels = [label for frame in frames[1:] for label in collapsed_labels(profile, frame, kernel, jit)]
        stacks[";".join([comm, *labels])] += int(profile.weights[row])
    return stacks


def collapsed_labels(profile: Profile, frame: int, kernel: bool, jit: bool) -> list[str]:
    assert int(profile.frames.kind[frame]) != Kind.PROCESS
    module = profile.frames.strings[int(profile.frames.module[frame])]
    labels: list[str] = []
    for name in profile.frame_name(frame).split("->"):
        if name == "[unknown]":
            label = f"[{module.rpartition('/')[2] or 'unknown'}]"
        else:
            label = name.replace(";", ":")
            if not re.search(r"\.\(.*\)\.", label):
                label = re.sub(r"\((?!anonymous namespace\)).*", "", label)
            label = re.sub(r"[\"']", "", label)
        if labels:
            label += "_[i]"
        elif kernel and re.search(r"^\[|vmlinux$", module) and "unknown" not in module:
            label += "_[k]"
        elif jit and re.search(r"/tmp/perf-\d+\.map", module):
            label += "_[j]"
        labels.append(label)
    return labels


def read_collapsed(path: Path) -> Counter[str]:
    stacks: Counter[str] = Counter()
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        stack, _, weight = line.rpartition(" ")
        stack = re.sub(r" <[0-9a-f]+>\]", "]", stack)  # --addrs: hotspot keeps no addresses
        stack = re.sub(r";L(?=[^;: ]*/)", ";", stack)  # --pid and --tid do not know that the command is java
        stack = re.sub(r"; ?(?=;|$)", ";[libc-2.15.so]", stack)  # vertx: a symbol without a name
        stacks[stack] += int(weight)
    return stacks


_VARIANTS = {
    "all": {"kernel": True, "jit": True, "root": ""},
    "addrs": {"kernel": False, "jit": False, "root": ""},
    "jit": {"kernel": False, "jit": True, "root": ""},
    "kernel": {"kernel": True, "jit": False, "root": ""},
    "pid": {"kernel": False, "jit": False, "root": "pid"},
    "tid": {"kernel": False, "jit": False, "root": "tid"},
}


def expected_pairs() -> list[tuple[str, str]]:
    """(input, expected) of the index; empty where there is no corpus, and then the tests skip."""
    root = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
    import os

    index = Path(os.environ.get("HOTSPOT_CORPUS", root)) / "index.tsv"
    if not index.is_file():
        return [("", "")]
    with index.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["path"].startswith("perf-script/")]
    return [(row["path"], expected) for row in rows for expected in row["expected"].split("|") if expected]


@pytest.mark.parametrize(("name", "expected"), [p for p in expected_pairs() if not p[1].endswith(".snap")])
def test_stacks_agree_with_stackcollapse(corpus: Path, name: str, expected: str) -> None:
    path = corpus / name
    profile = read(path)
    variant = re.search(r"-collapsed-(\w+)\.txt$", expected)
    options = _VARIANTS[variant[1] if variant else "addrs"]
    corrected = "jonhoo" in expected
    if corrected:
        profile = profile.select(str(profile.value_types[0]))
    got = collapsed(profile, **options)
    want = read_collapsed(corpus / expected)
    if corrected or text_of(path).endswith("\n\n"):
        assert got == want
    else:
        # The upstream tool loses the one last sample.
        assert not want - got
        last = int(profile.weights[-1])
        assert list((got - want).values()) == [last]


# -- speedscope ----------------------------------------------------------------------------------------------

_SNAPSHOT = "jlfwong_speedscope__src__import____snapshots____linux-tools-perf.test.ts.snap"
_SNAPSHOT_NAMES = {
    "forks": "forks",
    "simple": "simple",
    "simple-with-header": "simple-with-header",
    "simple-with-pid": "simple-with-pids",
    "system-wide": "system-wide",
}


def snapshot_stacks(text: str, name: str) -> dict[str, list[str]]:
    """Return the stacks of each thread in order of time, as speedscope drew them."""
    found: dict[str, list[str]] = {}
    for block in re.findall(
        rf"`importFromLinuxPerf {name}\.linux-perf\.txt \d+`\] = `\n(.*?)\n`;", text, re.DOTALL
    ):
        thread = re.search(r'^  "name": "(.*)",$', block, re.MULTILINE)
        stacks = re.search(r'^  "stacks": \[\n(.*?)^  \],', block, re.MULTILINE | re.DOTALL)
        assert thread is not None
        assert stacks is not None
        found[thread[1]] = [line.strip()[1:-2].rpartition(" ")[0] for line in stacks[1].splitlines()]
    return found


def drawn_stacks(profile: Profile) -> dict[str, list[str]]:
    """Spell our samples the same way: a list a thread, equal neighbours as one."""
    threads, time = profile.samples.thread, profile.samples.time
    assert threads is not None
    assert time is not None
    strings, frames = profile.frames.strings, profile.frames
    drawn: dict[str, list[str]] = {}
    for row in np.argsort(time, kind="stable").tolist():
        thread = profile.threads[int(threads[row])]
        name = (
            thread.name
            + (f" pid: {thread.pid}" if thread.pid else "")
            + (f" tid: {thread.tid}" if thread.tid else "")
        )
        labels = []
        for frame in profile.path(int(profile.samples.leaf[row]))[1:]:
            function, module = strings[int(frames.name[frame])], strings[int(frames.module[frame])]
            labels.append(f"??? ({module or '[unknown]'})" if function == "[unknown]" else function)
        stacks = drawn.setdefault(name, [])
        if not stacks or stacks[-1] != ";".join(labels):
            stacks.append(";".join(labels))
    return drawn


@pytest.mark.parametrize(("name", "snapshot"), _SNAPSHOT_NAMES.items())
def test_stacks_of_each_thread_agree_with_speedscope(corpus: Path, name: str, snapshot: str) -> None:
    profile = read(
        corpus / "perf-script" / f"jlfwong_speedscope__sample__profiles__linux-perf__{name}.linux-perf.txt"
    )
    want = snapshot_stacks((corpus / "expected" / _SNAPSHOT).read_text(encoding="utf-8"), snapshot)
    got = drawn_stacks(profile)
    assert want
    # The idle tasks of all CPUs are one "thread"; which of its simultaneous samples come first is not told.
    assert set(got.pop("swapper", [])) == set(want.pop("swapper", []))
    assert got == want
