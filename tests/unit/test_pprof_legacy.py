"""pprof's legacy formats: drawn files, and real ones against what pprof itself dumps of them."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers import pprof_legacy, registry
from hotspot.importers.base import ImportOptions, Match, bytes_source
from hotspot.importers.pprof_legacy.records import Records, read_cpu, read_text, word_type
from hotspot.profile import LossKind, Profile

from tests.vocabulary import format_tree, tree_text

NAMES = [
    "cppbench.cpu", "cppbench.heap", "go.crc32.cpu", "gobench.cpu", "gobench.heap", "java.cpu",
]  # fmt: skip


def read(data: bytes | str) -> Profile:
    data = data.encode() if isinstance(data, str) else data
    source = bytes_source("given", data)
    assert [i.INFO.name for i in registry.importers() if i.detect(source.head) is Match.YES] == [
        "pprof-legacy"
    ]
    (profile,) = pprof_legacy.load(source, ImportOptions())
    return profile.check()


def totals(profile: Profile) -> dict[str, int]:
    return {str(v): int(profile.samples.weight[:, i].sum()) for i, v in enumerate(profile.value_types)}


def words(*numbers: int, form: str = "<Q") -> bytes:
    return b"".join(struct.pack(form, number) for number in numbers)


def cpu(*samples: tuple[int, list[int]], java: int = 0, form: str = "<Q", tail: str = "") -> bytes:
    body = b"".join(words(count, len(stack), *stack, form=form) for count, stack in samples)
    return words(0, 3, java, 10_000, 0, form=form) + body + words(0, 1, 0, form=form) + tail.encode()


# -- real files -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_sample_is_the_one_pprof_reads(corpus: Path, name: str) -> None:
    data = (corpus / "pprof-legacy" / f"google_pprof__profile__testdata__{name}").read_bytes()
    dump = (corpus / "expected" / f"google_pprof__profile__testdata__{name}.string").read_text()
    records: Records = read_cpu(data, name, 0) if word_type(data) else read_text(data.decode(), name, 1)
    head, places = dump.split("Locations\n")
    where = dict(re.findall(r"^ *(\d+): (0x\w+ .*)$", places.split("Mappings\n")[0], re.MULTILINE))
    modules = dict(re.findall(r"^(\d+): \S+ (\S*) *$", places.split("Mappings\n")[1], re.MULTILINE))
    expected = re.findall(r"^ *(\d[\d ]*): ([\d ]*)$", head, re.MULTILINE)
    assert len(records.stacks) == len(expected) > 0
    for stack, values, (numbers, ids) in zip(records.stacks, records.values, expected, strict=True):
        assert list(values) == [int(number) for number in numbers.split()]
        assert len(stack) == len(ids.split())
        for address, place in zip(stack, (where[i] for i in ids.split()), strict=True):
            if "M=" in place:
                located, module = re.fullmatch(r"0x(\w+) M=(\d+) *", place).groups()  # type: ignore[union-attr]
                assert (address, records.symbols.module(address)) == (int(located, 16), modules[module])
            else:
                (symbol,) = records.symbols.names[address]
                text = f"0x0 {symbol.name} {symbol.file}:{symbol.line}:0 s=0"
                assert text == place


@pytest.mark.parametrize("name", NAMES)
def test_a_real_file_is_recognised_and_keeps_its_total(corpus: Path, name: str) -> None:
    path = corpus / "pprof-legacy" / f"google_pprof__profile__testdata__{name}"
    profile = read(path.read_bytes())
    expected = {"cppbench.cpu": 7_120_000_000, "cppbench.heap": 80_935_293, "go.crc32.cpu": 2_110_000_000,
                "gobench.cpu": 3_050_000_000, "gobench.heap": 7_721_316, "java.cpu": 70_000_000}  # fmt: skip
    assert profile.total == expected[name]
    assert bool(profile.provenance.losses) == (name != "java.cpu")


# -- CPU profiles ---------------------------------------------------------------------------------------------

MAP = """\
build=/opt/app
00400000-00500000 r-xp 00000000 08:01 12   $build/bin/server
00500000-00600000 rw-p 00000000 08:01 12   $build/bin/server
7f0000000000-7f0000001000 r-xp 00000000 08:01 13   /lib/libc.so.6
"""


@pytest.mark.parametrize("form", ["<Q", ">Q", "<I", ">I"])
def test_cpu_words_of_every_size_and_order(form: str) -> None:
    profile = read(cpu((3, [0x400010, 0x400021]), (2, [0x400030]), form=form, tail=MAP))
    assert totals(profile) == {"samples/count": 5, "cpu/nanoseconds": 50_000_000}
    assert {profile.frames.strings[i] for i in profile.frames.module} == {"/opt/app/bin/server"}
    (loss,) = profile.provenance.losses
    assert (loss.kind, loss.amount) == (LossKind.DROPPED, 3)


def test_names_of_a_symbol_section_are_found_by_the_address_of_the_call() -> None:
    section = "--- symbol\nbinary=/opt/app\n0x0000000000400010 leaf\n0x0000000000400020 main--inlined\n0x400030 ??\n---\n--- profile\n"
    profile = read(section.encode() + cpu((3, [0x400010, 0x400021]), (2, [0x400030]), tail=MAP))
    profile = profile.select("samples")
    assert format_tree(profile) == tree_text("""
        [server] 2,2
        main 3,0
          inlined_[i] 3,0
            leaf 3,3
    """)


def test_frames_of_the_signal_handler_are_taken_out() -> None:
    # 0x99 is above every leaf; the first stack has its leaf twice.
    records = read_cpu(cpu((1, [0x10, 0x9A, 0x10, 0x21]), (1, [0x12, 0x9A, 0x31])), "x", 0)
    assert records.stacks == [(0x10, 0x20), (0x12, 0x30)]


def test_java_frames_have_names_and_lines() -> None:
    table = " 0x00000003 GC\n 0x0000006 com.example.App.run (App.java:6)\n 0x7 read (/lib/libc.so.6)\n 0x8 generated stub/JIT\n"
    profile = read(cpu((2, [3]), (1, [7, 6]), (1, [8, 6]), java=1, tail=table)).select("samples")
    assert format_tree(profile) == tree_text("""
        GC 2,2
        com.example.App.run (App.java:6) 2,0
          STUB 1,1
          read (libc.so.6) 1,1
    """)


@pytest.mark.parametrize("cut", [8, 20, 41])
def test_a_cpu_profile_that_ends_early_is_refused_with_its_place(cut: int) -> None:
    data = cpu((3, [0x400010, 0x400021, 0x5, 0x6]))[: 40 + cut]
    with pytest.raises(MalformedProfile, match="end early") as error:
        pprof_legacy.load(bytes_source("x", data), ImportOptions())
    assert error.value.offset == 40


# -- text -----------------------------------------------------------------------------------------------------


def test_a_go_heap_has_names_in_its_comments_and_is_scaled() -> None:
    profile = read("""\
heap profile: 1: 1024 [3: 3072] @ heap/1024
1: 1024 [3: 3072] @ 0x4010 0x5011 0x6011
#\t0x400f\tmain.make+0x1f\t/src/a.go:12
#\t0x5010\tmain.inner+0x10\t/src/a.go:30
#\t0x5010\tmain.outer+0x10\t/src/b.go:31

# runtime.MemStats
# Alloc = 1024
""")
    # rate 512: a chance of 1 - exp(-2) = 0.8646647 a sample
    assert totals(profile) == {
        "alloc_objects/count": 3, "alloc_space/bytes": 3552, "inuse_objects/count": 1, "inuse_space/bytes": 1184,
    }  # fmt: skip
    assert format_tree(profile) == tree_text("""
        [unknown] 1184,0
          main.outer (/src/b.go:31) 1184,0
            main.inner (/src/a.go:30)_[i] 1184,0
              main.make (/src/a.go:12) 1184,1184
    """)


def test_heaps_that_are_not_sampled_are_kept_as_they_are() -> None:
    for header in ("heapprofile", "growthz", "fragmentationz"):
        profile = read(f"heap profile: 2: 30 [ 2: 30] @ {header}\n 2: 30 [ 2: 30] @ 0x10 0x20\n")
        assert totals(profile) == {"objects/count": 2, "space/bytes": 30}


def test_jemalloc_has_threads() -> None:
    profile = read("""\
heap_v2/1
  t*: 5: 50 [0: 0]
  t0: 3: 30 [0: 0]
@ 0x10 0x20
  t*: 3: 30 [0: 0]
  t0: 1: 10 [0: 0]
  t1: 2: 20 [0: 0]
@ 0x30
  t*: 2: 20 [0: 0]

MAPPED_LIBRARIES:
00000000-00000100 r-xp 00000000 08:01 1 /bin/app
""")
    assert totals(profile) == {"objects/count": 5, "space/bytes": 50}
    assert profile.samples.thread is not None
    threads = [profile.threads[i].tid for i in profile.samples.thread]
    assert list(zip(threads, profile.weights.tolist(), strict=True)) == [(0, 10), (1, 20), (None, 20)]
    assert format_tree(profile) == "[app] 50,20\n  [app] 30,30"


def test_jemallocs_sample_is_scaled_as_pprof_does() -> None:
    # From a published file: thread 1 has 20 objects of 65556 bytes at a rate of 2^20; pprof says 330 and 21633910.
    profile = read("heap_v2/1048576\n  t*: 20: 1311120 [0: 0]\n@ 0x55c282d19bbc\n  t*: 20: 1311120 [0: 0]\n  t1: 20: 1311120 [0: 0]\n")  # fmt: skip
    assert totals(profile) == {"objects/count": 330, "space/bytes": 21_633_910}


def test_go_counts() -> None:
    profile = read("""\
goroutine profile: total 4730
4724 @ 0x4011 0x5011
# labels: {"a":"b"}
#	0x4010	time.Sleep+0x14f	/go/src/time.go:363
#	0x5010	main.work+0x67	/src/example.go:90

6 @ 0x6000 0x5011
""")
    assert str(profile.value_type) == "goroutine/count"
    assert format_tree(profile) == tree_text("""
        main.work (/src/example.go:90) 4730,0
          [unknown] 6,6
          time.Sleep (/go/src/time.go:363) 4724,4724
    """)


@pytest.mark.parametrize("header", ["--- contention:", "--- contentionz 1 ---", "--- mutex:"])
def test_contention_is_scaled_to_nanoseconds(header: str) -> None:
    profile = read(f"{header}\ncycles/second = 2000000000\nsampling period = 100\nms since reset = 5\n  30 2 @ 0x10 0x21\n")  # fmt: skip
    assert totals(profile) == {"contentions/count": 200, "delay/nanoseconds": 1500}
    assert profile.provenance.duration_ns == 5_000_000
    unscaled = read(f"{header}\n 30 2 @ 0x10\n")
    assert totals(unscaled) == {"contentions/count": 2, "delay/cycles": 30}


def test_javas_contention_and_heap() -> None:
    table = "0x10 a.B.c (B.java:7)\n"
    profile = read(f"--- contentionz 1 ---\nformat = java\nresolution = microseconds\nsampling period = 10\n 30 2 @ 0x10\n{table}")  # fmt: skip
    assert totals(profile) == {"contentions/count": 20, "delay/microseconds": 300}
    assert format_tree(profile) == "a.B.c (B.java:7) 300,300"
    heap = read(f"--- heapz 1 ---\nformat = java\nresolution = bytes\n 524288 1 @ 0x10\n{table}")
    assert totals(heap) == {"inuse_objects/count": 1, "inuse_space/bytes": 829411}


def test_threads_are_counted_and_named() -> None:
    profile = read("""\
--- threadz 1 ---

--- Thread 7f10 (name: main/25) stack: ---
  PC: 0x400010
      0x400021
--- Thread 7f20 (name: worker/26) stack: ---
  [same as previous thread]
--- Memory map: ---
  00400000-00500000: /bin/app
""")
    assert totals(profile) == {"thread/count": 2}
    assert [(t.tid, t.name) for t in profile.threads] == [(25, "main"), (26, "worker")]
    assert format_tree(profile) == "[app] 2,0\n  [app] 2,2"


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("heap profile: 1: 2 [1: 2] @ heap/2\n1: 2 [1: 2] @ 0x1\nrubbish\n", 3, "not a heap sample"),
        ("heap profile: 0: 2 [0: 2] @ heap_v2/2\n0: 2 [0: 2] @ 0x1\n", 2, "objects with a size"),
        ("heap profile: 1: 2 [1: 2] @ heap_v2/99\n-1: 2 [1: 2] @ 0x1\n", 2, "objects with a size"),
        ("goroutine profile: total 1\nx @ 0x1\n", 2, "a count and a stack"),
        ("--- contention:\nsampling period = x\n", 2, "whole number"),
        ("--- contention:\n1 2\n", 2, "a delay, a count"),
        ("heap_v2/1\n@ 0x1\n oops\n", 3, "a thread's part"),
    ],
)
def test_a_line_that_breaks_the_format_is_named(text: str, line: int, reason: str) -> None:
    with pytest.raises(MalformedProfile, match=reason) as error:
        pprof_legacy.load(bytes_source("x", text.encode()), ImportOptions())
    assert error.value.line == line


def test_files_without_a_sample() -> None:
    for data in (b"goroutine profile: total 0\n", cpu(), b"heap profile: 0: 0 [0: 0] @ heap/2\n"):
        with pytest.raises(EmptyProfile):
            pprof_legacy.load(bytes_source("x", data), ImportOptions())
    with pytest.raises(MalformedProfile, match="section of symbols"):
        pprof_legacy.load(bytes_source("x", b"--- symbol\n0x1 a\n"), ImportOptions())
