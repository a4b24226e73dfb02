"""Flame graph SVGs that other projects publish: every count kept, and the stacks they were drawn from where known."""

from __future__ import annotations

import csv
import html
import re
from collections import Counter
from pathlib import Path

import pytest
from hotspot.importers import svg
from hotspot.importers.base import ImportOptions, Match, file_source
from hotspot.profile import LossKind, Profile

from tests.vocabulary import folded, frame_label

FILES = (
    "benfred_py-spy__images__flamegraph.svg",
    "brendangregg_FlameGraph__demos__brkbytes-mysql.svg",
    "brendangregg_FlameGraph__demos__cpu-grep.svg",
    "brendangregg_FlameGraph__demos__cpu-illumos-tcpfuse.svg",
    "brendangregg_FlameGraph__demos__cpu-ipnet-diff.svg",
    "brendangregg_FlameGraph__demos__cpu-linux-tar.svg",
    "brendangregg_FlameGraph__demos__cpu-linux-tcpsend.svg",
    "brendangregg_FlameGraph__demos__cpu-mixedmode-flamegraph-java.svg",
    "brendangregg_FlameGraph__demos__hotcold-kernelthread.svg",
    "brendangregg_FlameGraph__demos__io-gzip.svg",
    "brendangregg_FlameGraph__demos__io-mysql.svg",
    "brendangregg_FlameGraph__demos__mallocbytes-bash.svg",
    "brendangregg_FlameGraph__demos__off-bash.svg",
    "brendangregg_FlameGraph__demos__off-mysql-busy.svg",
    "brendangregg_FlameGraph__demos__palette-example-working.svg",
    "brendangregg_FlameGraph__example-dtrace.svg",
    "brendangregg_FlameGraph__example-perf.svg",
    "flamegraph-rs_flamegraph__example.svg",
)
# Drawings that contradict themselves: a frame whose callees add up to one more, milliseconds being rounded.
INCONSISTENT = {
    "brendangregg_FlameGraph__demos__io-mysql.svg": [1],
    "brendangregg_FlameGraph__demos__off-mysql-busy.svg": [1],
}
# Its root row is 27 frames `all`; the index lists the first, of 16 ms.
HOT_COLD = "brendangregg_FlameGraph__demos__hotcold-kernelthread.svg"


def read(path: Path) -> Profile:
    source = file_source(str(path))
    assert svg.detect(source.head) is Match.YES
    (profile,) = svg.load(source, ImportOptions())
    return profile.check()


def drawn_counts(path: Path) -> list[tuple[str, int]]:
    """Find names and counts of all frames by two expressions, independently of the importer."""
    text = path.read_text(encoding="utf-8")
    found = re.findall(r"<title>(.*?)</title>", text)
    if not found:
        found = re.findall(r"<rect [^>]*onmouseover=\"s\('(.*?)'\)\"", text)
    counts = []
    for title in found:
        name, count = re.fullmatch(
            r"(.*) \((?:-?\d+ sample weight, )?([\d,]+) .*%\)", html.unescape(title)
        ).groups()  # type: ignore[union-attr]
        counts.append((name, int(count.replace(",", ""))))
    return counts


def test_list_is_complete(corpus: Path) -> None:
    assert sorted(path.name for path in (corpus / "svg-flamegraph").iterdir()) == sorted(FILES)


@pytest.mark.parametrize("name", FILES)
def test_every_count_is_kept(corpus: Path, name: str) -> None:
    path = corpus / "svg-flamegraph" / name
    profile = read(path)
    with (corpus / "index.tsv").open(encoding="utf-8") as file:
        rows = {row["path"]: row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}
    total = int(rows[f"svg-flamegraph/{name}"]["total"]) if name != HOT_COLD else 49_146
    assert profile.total == total
    assert int(profile.node_self.min()) >= 0
    amounts = [loss.amount for loss in profile.provenance.losses if loss.kind is LossKind.INCONSISTENT]
    assert amounts == INCONSISTENT.get(name, [])

    drawn: Counter[str] = Counter()
    rectangles: Counter[str] = Counter()
    for frame, count in drawn_counts(path):
        drawn[frame] += count
        rectangles[frame] += 1
    read_back: Counter[str] = Counter()
    nodes: Counter[str] = Counter()
    for node, frame_id in enumerate(profile.call_tree.frame.tolist()):
        label = frame_label(profile, frame_id)
        read_back[label] += int(profile.node_total[node])
        nodes[label] += 1
    for not_a_frame in ("all", "all samples"):
        del drawn[not_a_frame], rectangles[not_a_frame]
    del read_back[svg.OMITTED], nodes[svg.OMITTED]
    if not amounts:
        assert read_back == drawn
    else:
        reduced = drawn - read_back
        assert not read_back - drawn
        assert max(reduced.values()) == 1
    if name != HOT_COLD:  # the only one in which stacks come again and are merged
        assert nodes == rectangles


def test_perf_example_has_the_stacks_it_was_drawn_from(corpus: Path) -> None:
    """One sample is wider than 0.1 px here: nothing is lost but the modules of unknown symbols, and `<` and `>`."""
    profile = read(corpus / "svg-flamegraph" / "brendangregg_FlameGraph__example-perf.svg")
    source = "jonhoo_inferno__tests__data__collapse-perf__results__example-perf-stacks-collapsed.txt"

    def normal(stack: str) -> str:
        frames = [re.sub(r"_\[[kji]\]$", "", frame) for frame in stack.split(";")]
        return ";".join(re.sub(r"^\[.*\]$", "[unknown]", re.sub("[<>]", "", frame)) for frame in frames)

    expected: Counter[str] = Counter()
    for line in (corpus / "expected" / source).read_text(encoding="utf-8").splitlines():
        stack, _, weight = line.rpartition(" ")
        expected[normal(stack)] += int(weight)
    got: Counter[str] = Counter()
    for stack, weight in folded(profile).items():
        got[normal(stack)] += weight
    assert len(got) == 710
    assert got == expected
    assert profile.provenance.losses == ()


def test_dtrace_example_lacks_only_what_the_loss_says(corpus: Path) -> None:
    profile = read(corpus / "svg-flamegraph" / "brendangregg_FlameGraph__example-dtrace.svg")
    text = (corpus / "dtrace-stacks" / "brendangregg_FlameGraph__example-dtrace-stacks.txt").read_text()
    truth: Counter[tuple[str, ...]] = Counter()
    for record in re.split(r"\n\s*\n", text):
        *frames, count = [re.sub(r"\+0x[0-9a-f]+$", "", line.strip()) for line in record.strip().splitlines()]
        if count.isdigit():
            stack = tuple(re.sub("[<>]", "", frame) for frame in reversed(frames))
            for depth in range(len(stack)):
                truth[stack[: depth + 1]] += int(count)
    got = {
        tuple(re.sub("[<>]", "", frame_label(profile, frame)) for frame in profile.path(node)): int(total)
        for node, total in enumerate(profile.node_total)
    }
    assert got.pop((svg.OMITTED,)) == 4
    assert all(truth[path] == total for path, total in got.items())
    (loss,) = profile.provenance.losses
    missing = [total for path, total in truth.items() if path not in got]
    assert len(missing) == 140
    assert (loss.kind, loss.amount) == (LossKind.PRUNED, max(missing))


def test_differential_of_2011_adds_up(corpus: Path) -> None:
    profile = read(corpus / "svg-flamegraph" / "brendangregg_FlameGraph__demos__cpu-ipnet-diff.svg")
    assert [str(value_type) for value_type in profile.value_types] == ["samples/count", "delta/count"]
    delta = profile.select("delta")
    # Every stack of this drawing ends in the same function, whose frames show how much each of them changed.
    text = (corpus / "svg-flamegraph" / "brendangregg_FlameGraph__demos__cpu-ipnet-diff.svg").read_text()
    leaves = re.findall(r"<rect [^>]*s\('ipnet`ipobs_bounce_func \((-?\d+) sample weight", text)
    assert delta.total == sum(map(int, leaves))
    assert len(delta.samples) == len(leaves)


def test_frames_in_whole_pixels_are_said_to_be_uncertain(corpus: Path) -> None:
    profile = read(corpus / "svg-flamegraph" / "flamegraph-rs_flamegraph__example.svg")
    kinds = {loss.kind: loss.amount for loss in profile.provenance.losses}
    assert kinds == {LossKind.PRUNED: 4, LossKind.ROUNDED: 1014}
