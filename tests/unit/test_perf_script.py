from __future__ import annotations

import gzip
import io
import random
import textwrap
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers import perf_script
from hotspot.importers.base import Head, ImportOptions, Match, NotThisFormat, bytes_source, file_source
from hotspot.importers.perf_script import headers, stacks, text_cache
from hotspot.importers.perf_script.block import BlockReader
from hotspot.importers.perf_script.columns import Columns, join_rows
from hotspot.importers.perf_script.headers import Layout
from hotspot.importers.perf_script.lines import Header, module_kind, parse_frame, parse_header
from hotspot.importers.perf_script.parse import ScriptParser
from hotspot.importers.perf_script.pieces import line_number, pieces
from hotspot.importers.perf_script.profile import assemble
from hotspot.importers.perf_script.stack_tree import ChainStacks
from hotspot.importers.perf_script.stacks import StackTable
from hotspot.profile import Kind, LossKind, Profile, Provenance, Thread
from hypothesis import given
from hypothesis import strategies as st

from tests.perf_script_texts import samples, scripts
from tests.vocabulary import folded, format_tree, tree_text

pytestmark = pytest.mark.usefixtures("perf_script_reader")


def draw(text: str) -> str:
    """Dedent a drawn recording; ``>`` stands for the tab that begins a frame line."""
    return textwrap.dedent(text).lstrip("\n").replace("\n>", "\n\t")


def read(text: str | bytes) -> Profile:
    data = text if isinstance(text, bytes) else draw(text).encode()
    (profile,) = perf_script.load(bytes_source("drawn.txt", data), ImportOptions())
    return profile.check()


def detect(text: str | bytes) -> Match:
    data = text if isinstance(text, bytes) else draw(text).encode()
    return perf_script.detect(Head(data, complete=True, name="drawn.txt"))


def totals(profile: Profile) -> dict[str, int]:
    return {str(v): int(profile.samples.weight[:, i].sum()) for i, v in enumerate(profile.value_types)}


def kinds(profile: Profile) -> dict[str, Kind]:
    return {profile.frame_name(i): Kind(int(profile.frames.kind[i])) for i in range(len(profile.frames))}


def modules(profile: Profile) -> dict[str, str]:
    strings = profile.frames.strings
    return {profile.frame_name(i): strings[int(profile.frames.module[i])] for i in range(len(profile.frames))}


def losses(profile: Profile) -> list[tuple[LossKind, str]]:
    return [(loss.kind, loss.text) for loss in profile.provenance.losses]


TWO_SAMPLES = """
    worker 1/io  4711/4712  [001] 12.000000001:       1000 cycles:u: 
    >          4005b1 parse+0x1f (/opt/app)
    >          400500 main+0x2 (/opt/app)

    worker 1/io  4711/4712  [001] 12.000000009:       2500 cycles:u: 
    >          4005c2 parse+0x30 (/opt/app)
    >          400500 main+0x2 (/opt/app)

"""  # noqa: W291  (perf ends a header with a space)


MIXED = """
    a  1 1.000000: sched:sched_switch: prev_comm=a ==> next_comm=b
    >  400a f (m)
      util.h:7 (inlined)
    >  400a g (m)
     ABI:2    AX:0x7f
    a  1 1.000001: PERF_RECORD_LOST lost 12
    Warning:
    a  1 1.000001:         12 page-faults: 

    a 1 
    >  400b [unknown] ([kernel.kallsyms])
    7f00 h (/tmp/perf-1.map)
"""  # noqa: W291


# -- what a recording becomes --------------------------------------------------------------------------------


def test_a_stack_hangs_below_its_command() -> None:
    profile = read(TWO_SAMPLES)
    assert format_tree(profile) == tree_text("""
        worker 1/io 3500,0
          main 3500,0
            parse 3500,3500
    """)
    assert totals(profile) == {"samples/count": 2, "cycles:u/count": 3500}
    assert str(profile.value_type) == "cycles:u/count"
    assert profile.samples.time is not None
    assert profile.samples.time.tolist() == [12_000_000_001, 12_000_000_009]
    assert profile.threads == (Thread(4711, 4712, "worker 1/io"),)
    assert kinds(profile) == {"worker 1/io": Kind.PROCESS, "main": Kind.USER, "parse": Kind.USER}
    assert modules(profile)["main"] == "/opt/app"
    assert profile.provenance.duration_ns == 8
    assert profile.provenance.losses == ()


@pytest.mark.parametrize("ending", ["", "\n", "\n\n", "\n\n\n\n"])
def test_the_last_sample_is_kept_however_the_file_ends(ending: str) -> None:
    assert read(draw(TWO_SAMPLES).rstrip("\n").encode() + ending.encode()).sample_count == 2


@pytest.mark.parametrize("encode", [
    lambda text: text.replace("\n", "\r\n").encode(),
    lambda text: b"\xef\xbb\xbf" + text.encode(),
    lambda text: text.encode("utf-16"),
    lambda text: gzip.compress(text.encode()),
], ids=["crlf", "utf-8 mark", "utf-16", "gzip"])  # fmt: skip
def test_the_same_text_in_other_clothes(encode: object) -> None:
    data = encode(draw(TWO_SAMPLES))  # type: ignore[operator]
    assert folded(read(data)) == folded(read(TWO_SAMPLES))


def test_each_event_has_its_own_value_types_and_the_first_is_selected() -> None:
    profile = read("""
        a  1 1.000000:       10   page-faults: 
        >  1 f (m)

        a  1 1.000001:      500 cpu-clock:pppH: 
        >  1 f (m)

        a  1 1.000002: sched:sched_switch: prev_comm=a ==> next_comm=b
        >  1 g (m)

    """)  # noqa: W291
    assert totals(profile) == {
        "page-faults/samples/count": 1,
        "page-faults/count": 10,
        "cpu-clock:pppH/samples/count": 1,
        "cpu-clock:pppH/nanoseconds": 500,
        "sched:sched_switch/samples/count": 1,
    }
    assert str(profile.value_type) == "page-faults/count"
    assert profile.sample_count == 1


def test_a_missing_period_weighs_one_and_is_said() -> None:
    profile = read("""
        a  1 1.000000:       10 cycles: 
        >  1 f (m)

        a  1 1.000001: cycles: 
        >  1 f (m)

    """)  # noqa: W291
    assert totals(profile) == {"samples/count": 2, "cycles/count": 11}
    assert [kind for kind, _ in losses(profile)] == [LossKind.INCONSISTENT]


def test_a_missing_time_stands_at_zero_and_is_said() -> None:
    profile = read("a  1 1.000000: cycles: \n\t1 f (m)\n\na  1 cycles: \n\t1 f (m)\n\n")
    assert profile.samples.time is not None
    assert profile.samples.time.tolist() == [10**9, 0]
    assert [kind for kind, _ in losses(profile)] == [LossKind.INCONSISTENT]


def test_an_event_called_samples_does_not_collide() -> None:
    assert len(set(totals(read("a  1 1.000000:  7 samples: \n\t1 f (m)\n\n")))) == 2


def test_a_sample_without_frames_is_its_command_alone() -> None:
    profile = read("a  1 1.000000: cycles: \n\na  1 1.000001: cycles: \n\t1 f (m)\n\n")
    assert folded(profile) == {"a": 1, "a;f": 1}


def test_a_sample_with_neither_command_nor_frames_has_no_stack() -> None:
    profile = read(" 1.000000: cycles: \n\na  1 1.000001: cycles: \n\t1 f (m)\n\n")
    assert folded(profile) == {"[no stack]": 1, "a;f": 1}


def test_inlined_frames_take_the_module_of_the_frame_they_are_part_of() -> None:
    profile = read("""
        a  1 1.000000: cycles: 
        >  400a leaf+0x1 (inlined)
        >  400a middle+0x1 (inlined)
        >  400a real+0x1 (/lib/one.so)
        >  500b lost (inlined)
        >  600c main (/bin/two)

    """)  # noqa: W291
    assert folded(profile) == {"a;main;lost_[i];real;middle_[i];leaf_[i]": 1}
    found = modules(profile)
    assert (found["leaf"], found["middle"], found["lost"]) == ("/lib/one.so", "/lib/one.so", "")


def test_source_lines_belong_to_the_frame_above() -> None:
    profile = read("""
        a  1 1.000000: cycles: 
        >  400a helper+0x1
          util.h:7 (inlined)
        >  400a real+0x1 (/lib/one.so)
          one.c:12 (discriminator 3)
        >  400b f (/lib/one.so)
          ??:0
        >  400c g ([kernel.kallsyms])
          [kernel.kallsyms][400c]

    """)  # noqa: W291
    assert folded(profile) == {"a;g_[k];f;real (one.c:12);helper (util.h:7)_[i]": 1}
    assert modules(profile)["helper"] == "/lib/one.so"


def test_columns_below_the_frames_are_no_stack() -> None:
    profile = read("""
        a  1 1.000000: cycles: 
        >  400a f (m)
         ABI:2    AX:0x7f    BX:0x2b
        a  1 1.000001: cycles: 
        >  400a f (m)
         ilen: 0
        a  1 1.000002: cycles: 
        >  400a f (m)
         0x4005b1/0x400500/P/-/-/0  0x400501/0x4005aa/M/-/-/0 
        a  1 1.000003: cycles: 
        >  400a f (m)
         main+0x1/f+0x2/P/-/-/4 
        >main:
        >000056523fb35431	insn: 48 89 e5
    """)  # noqa: W291
    assert folded(profile) == {"a;f": 4}
    assert profile.provenance.losses == ()


def test_records_are_no_samples_and_lost_events_are_said() -> None:
    profile = read("""
        swapper     0 [000]     0.000000: PERF_RECORD_MMAP -1/0: [0xff(0x1) @ 0xff]: x [kernel.kallsyms]_text
        swapper     0 [000]     0.000000: PERF_RECORD_NAMESPACES 1/1 - nr_namespaces: 7
        >\t[0/net: 0/0, 1/uts: 0/0, 2/ipc: 0/0, 3/pid: 0/0, 
        >\t 4/user: 0/0, 5/mnt: 0/0, 6/cgroup: 0/0]
        a  1 1.000000: PERF_RECORD_COMM exec: a:1/1
        a  1 1.000000: cycles: 
        >  400a f (m)

        a  1 1.000001: PERF_RECORD_LOST lost 12
        a  1 1.000002: PERF_RECORD_SWITCH_CPU_WIDE OUT preempt  next pid/tid:     0/0    
        a  1 1.000003: cycles: 
        >  400a f (m)

        PERF_RECORD_FINISHED_ROUND
    """)  # noqa: W291
    assert folded(profile) == {"a;f": 2}
    assert losses(profile) == [(LossKind.DROPPED, "perf lost 12 events while recording")]


def test_the_header_block_tells_version_and_duration_but_not_the_host() -> None:
    profile = read("""
        # ========
        # captured on    : Sat Nov 21 10:43:31 2026
        # hostname : secret
        # perf version : 6.1.187
        # cmdline : /usr/bin/perf record -g ./mt 1 
        # sample duration :   1010.029 ms
        # ========
        #
        a  1 1.000000: cycles: 
        >  400a f (m)

    """)  # noqa: W291
    assert (profile.provenance.producer, profile.provenance.duration_ns) == ("perf 6.1.187", 1_010_029_000)
    assert "secret" not in repr(profile.provenance)


def test_stacks_at_the_default_depth_limit_are_said_to_be_cut() -> None:
    def stack(depth: int) -> str:
        return "a  1 1.000000: cycles: \n" + "\t  400a f (m)\n" * depth + "\t  500b g (inlined)\n\n"

    profile = read((stack(126) + stack(127) + stack(127) + stack(128)).encode())
    (loss,) = profile.provenance.losses
    assert (loss.kind, loss.amount) == (LossKind.TRUNCATED, 2)


def test_a_frame_cut_off_in_the_middle_keeps_its_name() -> None:
    profile = read("a  1 1.000000: cycles: \n\t400a f (m)\n\t400b main (/home/la")
    assert folded(profile) == {"a;main;f": 1}
    assert [kind for kind, _ in losses(profile)] == [LossKind.DROPPED]


# -- lines that cannot be read -------------------------------------------------------------------------------


def test_lines_that_cannot_be_read_are_counted_and_the_first_is_named() -> None:
    profile = read("""
        a  1 1.000000: cycles: 
        >  400a f (m)

        Warning:
        Processed 3 events and lost 1 chunks!

        a  1 1.000001: cycles: 
        >  400a f (m)
        >not a frame
        >  400b main (m)

    """)  # noqa: W291
    assert folded(profile) == {"a;f": 1, "a;main;f": 1}
    (loss,) = profile.provenance.losses
    assert (loss.kind, loss.amount) == (LossKind.SKIPPED, 3)
    assert loss.text.endswith("3 lines could not be read, the first at line 4")


def test_frames_without_their_header_are_skipped_lines_where_others_have_headers() -> None:
    profile = read("\t  400b main (m)\n\t  400c start (m)\n\na  1 1.000000: cycles: \n\t  400a f (m)\n\n")
    assert folded(profile) == {"a;f": 1}
    (loss,) = profile.provenance.losses
    assert (loss.kind, loss.amount) == (LossKind.SKIPPED, 2)
    assert loss.text.endswith("at line 1")


def test_samples_are_kept_however_much_else_a_file_holds() -> None:
    profile = read((draw(TWO_SAMPLES) + "noise\n" * 100).encode())
    assert profile.sample_count == 2
    assert [loss.amount for loss in profile.provenance.losses] == [100]


def test_a_period_past_int64_is_a_line_that_cannot_be_read() -> None:
    profile = read("""
        a  1 1.000000: cycles: 
        >  400a f (m)

        a  1 1.000000: 99999999999999999999 cycles: 
        >  400a f (m)

    """)  # noqa: W291
    assert profile.sample_count == 1
    assert [loss.amount for loss in profile.provenance.losses] == [2]


def test_the_line_number_counts_across_pieces() -> None:
    text = draw(TWO_SAMPLES).encode() * 50
    position = text.rfind(b"worker")
    assert line_number(io.BytesIO(text), "x", position) == text.count(b"\n", 0, position) + 1


# -- dialects ------------------------------------------------------------------------------------------------

_W = Header  # for short rows below


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("java 19983 cycles:", _W(b"java", None, 19983, None, None, b"cycles")),
        ("func_ab 15294 cpu-clock: ", _W(b"func_ab", None, 15294, None, None, b"cpu-clock", b" ")),
        ("perf   977/977   [000] 7628263.042515: cycles: ",
         _W(b"perf", 977, 977, 7628263042515000, None, b"cycles", b" ")),
        ("dd 29776 666709.771979:   10101010 cpu-clock: ",
         _W(b"dd", None, 29776, 666709771979000, 10101010, b"cpu-clock", b" ")),
        ("noploop 21796 [001] 1410597.984841: instructions: ",
         _W(b"noploop", None, 21796, 1410597984841000, None, b"instructions", b" ")),
        ("    noploop 21796 [001] 1410597.984841:       cycles: ",
         _W(b"noploop", None, 21796, 1410597984841000, None, b"cycles", b" ")),
        ("V8 WorkerThread 1/2 1.000000: cycles: ", _W(b"V8 WorkerThread", 1, 2, 10**9, None, b"cycles", b" ")),
        ("worker 12 34 5.000000001: 6 cycles:u: ", _W(b"worker 12", None, 34, 5000000001, 6, b"cycles:u", b" ")),
        ("[kthread] (x): y 7 [003] 1.000000: cycles: ",
         _W(b"[kthread] (x): y", None, 7, 10**9, None, b"cycles", b" ")),
        ("1234 5678 1.000000: cycles: ", _W(b"1234", None, 5678, 10**9, None, b"cycles", b" ")),
        (":-1    -1/-1    1.000000: cycles: ", _W(b":-1", -1, -1, 10**9, None, b"cycles", b" ")),
        ("a 1 1.000000: 3 cpu/event=0x3c,umask=0x0/ppp: ",
         _W(b"a", None, 1, 10**9, 3, b"cpu/event=0x3c,umask=0x0/ppp", b" ")),
        ("a 1 1.000000: sched:sched_switch: prev_comm=a prev_pid=1",
         _W(b"a", None, 1, 10**9, None, b"sched:sched_switch", b" prev_comm=a prev_pid=1")),
        ("swapper     0 [000] K      2502.748070:   10101010 cpu-clock:                0",
         _W(b"swapper", None, 0, 2502748070000, 10101010, b"cpu-clock", b"                0")),
        ("a 1 [000] 2026-11-21 10:43:31.123456 1.000000: cycles: ",
         _W(b"a", None, 1, 10**9, None, b"cycles", b" ")),
        ("a 1 1.000000: my event: ", _W(b"a", None, 1, 10**9, None, b"my event")),
        ("a 1 1.000000:          7 ", _W(b"a", None, 1, 10**9, 7, b"", b" ")),
        ("a 1 1.000000: ", _W(b"a", None, 1, 10**9, None, b"", b" ")),
        ("a 1.000000: cycles: ", _W(b"a", None, None, 10**9, None, b"cycles", b" ")),
        ("worker 12   19983 cycles: ", _W(b"worker 12", None, 19983, None, None, b"cycles", b" ")),
        ("a   19983          7 cycles: ", _W(b"a", None, 19983, None, 7, b"cycles", b" ")),
        ("         7   page-faults: ", _W(b"", None, None, None, 7, b"page-faults", b" ")),
    ],
)  # fmt: skip
def test_headers(line: str, expected: Header) -> None:
    assert parse_header(line.encode(), opens_stack=True) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("mt ", Header(b"mt")),
        ("mt  9423 ", Header(b"mt", None, 9423)),
        ("mt  9423/9424 ", Header(b"mt", 9423, 9424)),
        (" 9423 ", Header(b"", None, 9423)),
        ("mt          1 ", Header(b"mt", None, None, None, 1)),
        ("mt   page-faults: ", Header(b"mt", event=b"page-faults")),
        ("# mt ", None),
        ("   ", None),
    ],
)
def test_headers_that_only_a_frame_below_makes_one(line: str, expected: Header | None) -> None:
    assert parse_header(line.encode(), opens_stack=True) == expected
    assert parse_header(line.encode(), opens_stack=False) is None


@pytest.mark.parametrize(
    ("line", "name", "module", "kind"),
    [
        ("\t          4005b1 main (/bin/a)", "main", "/bin/a", Kind.USER),
        ("\t          4005b1 main+0x1f (/bin/a)", "main", "/bin/a", Kind.USER),
        ("7f7241fbe6d8 arrayOopDesc::base(BasicType) const (/o/libjvm.so)",
         "arrayOopDesc::base(BasicType) const", "/o/libjvm.so", Kind.USER),
        ("            13a8 RegExp:[&<>\"'] (/tmp/perf-7539.map)", "RegExp:[&<>\"']", "/tmp/perf-7539.map", Kind.JIT),
        ("\t7f Lnet/foo/Bar;::method (/tmp/perf-1.map)", "net/foo/Bar;::method", "/tmp/perf-1.map", Kind.JIT),
        ("\t7f LBusy;::main (/tmp/perf-1.map)", "LBusy;::main", "/tmp/perf-1.map", Kind.JIT),
        ("\t7f LazyCompile:~a /x/b.js:1 (/tmp/perf-1.map)", "LazyCompile:~a /x/b.js:1", "/tmp/perf-1.map", Kind.JIT),
        ("\t7f std::function<void ()>::operator()() const (/bin/a)",
         "std::function<void ()>::operator()() const", "/bin/a", Kind.USER),
        ("\t7f f(int) (/x/y (deleted))", "f(int)", "/x/y (deleted)", Kind.USER),
        ("\t7f f (/opt/My App (x86)/a b.so)", "f", "/opt/My App (x86)/a b.so", Kind.USER),
        ("\t7f [unknown] ([unknown])", "[unknown]", "", Kind.USER),
        ("\t7f [unknown] ([kernel.kallsyms])", "[unknown]", "[kernel.kallsyms]", Kind.KERNEL),
        ("\t7f  (/lib/libc.so)", "[unknown]", "/lib/libc.so", Kind.USER),
        ("\t7f (/lib/libc.so)", "7f", "/lib/libc.so", Kind.USER),
        ("\t7f f", "f", "", Kind.USER),
        ("\t7f f(int)", "f(int)", "", Kind.USER),
        ("\t7f", "7f", "", Kind.USER),
        ("\t7f f (/lib/libc.so+0x12ab)", "f", "/lib/libc.so", Kind.USER),
        ("\t7f f+0x1 (inlined)", "f", "", Kind.INLINED),
        ("\t7f main (/home/la", "main", "", Kind.USER),
    ],
)  # fmt: skip
def test_frames(line: str, name: str, module: str, kind: Kind) -> None:
    frame = parse_frame(line.encode())
    assert frame is not None
    assert (frame.name, frame.module, frame.kind) == (name, module, kind)


@pytest.mark.parametrize(
    "line", ["", "\t", "main", "\tmain", "\tmain (x)", "7f f", "4005b1  7f f (x)", "main;f 12"]
)
def test_lines_that_are_no_frames(line: str) -> None:
    assert parse_frame(line.encode()) is None


@pytest.mark.parametrize(
    ("module", "kind"),
    [
        ("[kernel.kallsyms]", Kind.KERNEL),
        ("[guest.kernel.kallsyms.12]", Kind.KERNEL),
        ("[nf_conntrack]", Kind.KERNEL),
        ("/lib/modules/4.1.0/build/vmlinux", Kind.KERNEL),
        ("/usr/lib/debug/boot/vmlinux-6.1.0", Kind.KERNEL),
        ("/x/nf_nat.ko.zst", Kind.KERNEL),
        ("[vdso]", Kind.USER),
        ("[vsyscall]", Kind.USER),
        ("[heap]", Kind.USER),
        ("[stack]", Kind.USER),
        ("[anon]", Kind.USER),
        ("[uprobes]", Kind.USER),
        ("//anon", Kind.USER),
        ("", Kind.USER),
        ("/tmp/perf-12.map", Kind.JIT),
        ("/mnt/container/tmp/perf-12.map", Kind.JIT),
        ("/home/me/.debug/jit/x/jitted-12-3.so", Kind.JIT),
        ("[JIT] tid 12", Kind.JIT),
        ("/memfd:doublemapper (deleted)", Kind.JIT),
        ("/usr/bin/python3.11", Kind.USER),
    ],
)
def test_kinds_of_modules(module: str, kind: Kind) -> None:
    assert module_kind(module) is kind


FLAT = """
             worker 5/io  9444  1885.010026:   10101010 cpu-clock:      55f12969a426 insert+0xc (/opt/mt)
                      ls  9447  1887.092601:   10101010 cpu-clock:  ffffffff821facd8 schedule+0x23 ([kernel.kallsyms])
"""


def test_flat_samples_have_their_frame_on_the_header_line() -> None:
    profile = read(FLAT)
    assert folded(profile) == {"worker 5/io;insert": 10101010, "ls;schedule_[k]": 10101010}
    assert profile.threads == (Thread(None, 9444, "worker 5/io"), Thread(None, 9447, "ls"))


def test_many_flat_samples_read_in_bulk_are_the_same() -> None:
    few, many = read(FLAT), read(draw(FLAT) * 20)
    assert folded(many) == {stack: weight * 20 for stack, weight in folded(few).items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # -F +srcline: the source line of a flat sample stands below it
        ("a  1 1.000000: cycles:      55f12969a426 f (m)\n  x.c:3\na  1 1.000001: cycles:      55f12969a426 f (m)\n  x.c:3\n",
         {"a;f (x.c:3)": 2}),
        # a tracepoint's payload, and the frame behind it
        ("ls 9 1.000000: syscalls:sys_enter_read: fd: 0x3, count: 0x00000340     7f10aed19b74 read (libc.so)\n",
         {"ls;read": 1}),
        ("ls 9 1.000000: syscalls:sys_enter_read: add foo (bar)\n", {"ls": 1}),
        # columns before and behind the frame
        ("a  1 1.000000: cycles:                0 ffffffff817554ea f (m) ABI:2    AX:0x7f\n", {"a;f": 1}),
        # padding lost
        ("a 1 1.000000: 5 cycles: 4005d0 f (m)\n", {"a;f": 5}),
        # no event; the period before the address
        ("a  1 1.000000:          5      55f12969a426 f (m)\n", {"a;f": 5}),
        ("a  1 1.000000:      55f12969a426 f (m)\n", {"a;f": 1}),
        # no time, no event
        ("     worker 0/io      55f12969a977 f\n     worker 0/io  ffffffff817554ea g\n",
         {"worker 0/io;f": 1, "worker 0/io;g": 1}),
        ("        worker 0  9423      55f12969a977 f\n", {"worker 0;f": 1}),
        # nothing but the frame
        ("     55f12969a977 f (m)\n     55f12969a978 f (m)\n", {"f": 2}),
        # a command that looks like an address, one that is a number
        ("              dd 29776 666709.771979:          7 cycles:      55f12969a977 f (m)\n", {"dd;f": 7}),
        ("            1234 29776 666709.771979:          7 cycles:      55f12969a977 f (m)\n", {"1234;f": 7}),
    ],
)  # fmt: skip
def test_flat_dialects(text: str, expected: dict[str, int]) -> None:
    assert folded(read(text.encode())) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # -F ip,sym: no header at all
        ("\n\t  400a f\n\t  400b main\n\n\n\t  400c g\n\n", {"main;f": 1, "g": 1}),
        # -F comm,ip,sym
        ("mt \n\t  400a f\n\t  400b main\n\nmt \n\t  400c g\n\n", {"mt;main;f": 1, "mt;g": 1}),
        # -F pid,ip,sym,dso
        (" 9423 \n\t  400a f (m)\n\n 9424 \n\t  400a f (m)\n\n", {"f": 2}),
        # frames that lost their indentation
        ("java 19983 cycles:\nffffffff8103d0ca f ([kernel.kallsyms])\n7f722d1 g (m)\n\n", {"java;g;f_[k]": 1}),
        # a payload that ends in a line break
        ("a 1 1.000000: ftrace:print: hello\n\n\t  400a f (m)\n\n", {"a;f": 1}),
        # flat samples among stacks
        ("a 1 1.000000: cycles:      55f12969a426 f (m)\na 1 1.000001: cycles: \n\t  400a g (m)\n\n",
         {"a;f": 1, "a;g": 1}),
        # names with the separator of folded stacks, quotes, spaces
        ("a;b 1 1.000000: cycles: \n\t  400a f;g \"h\" (/x y/z)\n\n", {"a:b;f:g \"h\"": 1}),
        ("a 1 1.000000: cycles: \n\t  400a \xe9t\xe9 (m)\n\n", {"a;été": 1}),
    ],
)  # fmt: skip
def test_dialects(text: str, expected: dict[str, int]) -> None:
    profile = read(text.encode())
    assert folded(profile) == expected
    assert profile.provenance.losses == ()


def test_bytes_that_are_no_text_keep_names_apart() -> None:
    profile = read(
        b"a 1 1.000000: cycles: \n\t  400a f\xe9 (m)\n\na 1 1.000000: cycles: \n\t  400a f\xe8 (m)\n\n"
    )
    assert folded(profile) == {"a;f\\xe9": 1, "a;f\\xe8": 1}


# -- detection -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", [TWO_SAMPLES, FLAT, "# ========\n# captured on    : Sat Nov 21\n# ========\n#\n"]
)
def test_perf_script_text_is_recognised(text: str) -> None:
    assert detect(text) is Match.YES


def test_a_head_full_of_records_is_recognised() -> None:
    assert (
        detect("a  1  0.000000: PERF_RECORD_MMAP2 1/1: [0x1(0x2) @ 0 00:00 0 0]: r-xp /x\n" * 50) is Match.YES
    )


def test_a_head_that_ends_inside_a_sample_is_recognised() -> None:
    data = draw(TWO_SAMPLES).encode()[:-30]
    assert perf_script.detect(Head(data, complete=False, name="x")) is Match.YES


@pytest.mark.parametrize(
    "text",
    [
        "main;parse;lex 12\nmain;emit 3\n",
        "add;bad;cafe (x) 12\n",
        "  libc.so.1`read+0xa\n  app`main+0x20\n    123\n\n",
        "Call graph:\n    2656 Thread_1   DispatchQueue_1\n    + 2656 start  (in libdyld.dylib) + 1  [0x7fff]\n",
        '{"$schema": "https://www.speedscope.app/file-format-schema.json"}\n',
        "<?xml version='1.0'?><svg></svg>\n",
        "heap profile: 13: 1595680 [47130736: 2584596557304] @ heap/1048576\n1: 2 [3: 4] @ 0x420cef 0x422151\n",
        "0000000000001139 T main\nffffffff81000000 T startup_64\n",
        "\tlinux-vdso.so.1 (0x00007ffe)\n\tlibc.so.6 => /lib/libc.so.6 (0x00007f)\n",
        "[ 12.345678] usb 1-1: new device\n",
        "Some prose: with 12 numbers.\n\nAnd more of it.\n",
        "",
        "\0\0\0\0",
    ],
)
def test_other_text_is_not_taken(text: str) -> None:
    assert detect(text) is Match.NO


def test_other_text_forced_on_it_is_refused() -> None:
    with pytest.raises(NotThisFormat):
        read("main;parse;lex 12\nmain;emit 3\n")


def test_a_report_is_refused_with_what_to_do() -> None:
    text = """
        # To display the perf.data header info, please use --header/--header-only options.
        #
        # Samples: 602  of event 'task-clock'
        # Event count (approx.): 2006666466
        #
        # Children      Self  Command      Shared Object
            99.00%     0.00%  worker 0/io  mt
    """
    assert detect(text) is Match.YES
    with pytest.raises(MalformedProfile, match="perf report") as caught:
        read(text)
    assert "perf script" in str(caught.value.hint)


def test_a_recording_without_samples_is_said_to_be_empty() -> None:
    with pytest.raises(EmptyProfile):
        read("# ========\n# captured on    : Sat Nov 21\n# perf version : 6.1\n# ========\n#\n")


# -- one meaning, however it is read -------------------------------------------------------------------------

_Sample = tuple[tuple[stacks.FrameKey, ...], tuple[int | None, int | None, bytes] | None, bytes, int, int]


def parse(text: bytes) -> Columns:
    parser = ScriptParser()
    parser.feed(text, 0)
    return parser.columns()


def samples_of(columns: Columns) -> list[_Sample]:
    """Spell out every sample, so that two ways to read can be compared."""

    found = columns.stacks
    assert isinstance(found, ChainStacks)

    def chain(number: int) -> tuple[stacks.FrameKey, ...]:
        begin, end = found.chain_offset[number : number + 2]
        return tuple(found.frames[frame] for frame in found.chain_frame[begin:end])

    rows = join_rows(columns.batches)
    return [
        (
            chain(found.chains[stack][1]) + chain(found.chains[stack][0]),
            columns.threads[thread] if thread >= 0 else None,
            columns.events[event],
            time,
            period,
        )
        for stack, thread, event, time, period in zip(
            rows.stack.tolist(),
            rows.thread.tolist(),
            rows.event.tolist(),
            rows.time.tolist(),
            rows.period.tolist(),
            strict=True,
        )
    ]


def line_by_line(text: bytes) -> tuple[list[_Sample], int]:
    """Read with `BlockReader` alone; also how many lines it skipped."""
    table = StackTable()
    reader = BlockReader(table, text.split(b"\n"))
    found = list(reader.samples())
    flat, offset, _ = table.flat_chains()
    frames = list(table.frames)

    def spelled(header: Header | None, chain: int) -> _Sample:
        stack = tuple(frames[frame] for frame in flat[offset[chain] : offset[chain + 1]])
        if header is None:
            return stack, None, b"", -1, -1
        time, period = (-1 if number is None else number for number in (header.time, header.period))
        return stack, (header.pid, header.tid, header.comm), header.event, time, period

    return [spelled(sample.header, sample.chain) for sample in found], reader.skipped


@given(scripts)
def test_reading_in_bulk_and_line_by_line_agree(text: str) -> None:
    data = text.encode()
    columns = parse(data)
    assert (samples_of(columns), columns.oddities.skipped) == line_by_line(data)


def test_reading_in_bulk_and_line_by_line_agree_on_the_corpus(corpus: Path) -> None:
    for path in sorted((corpus / "perf-script").iterdir()):
        data = file_source(str(path)).read()
        columns = parse(data)
        assert (samples_of(columns), columns.oddities.skipped) == line_by_line(data), path.name


@pytest.mark.parametrize("seed", range(20))
def test_reading_in_bulk_and_line_by_line_agree_on_damaged_text(seed: int) -> None:
    chance = random.Random(seed)
    whole = b"\n".join(
        draw(text).encode() for text in (TWO_SAMPLES, FLAT * 5, TWO_SAMPLES, MIXED, TWO_SAMPLES)
    )
    pieces_of_it = [whole[i : i + chance.randrange(1, 60)] for i in range(0, len(whole), 40)]
    for _ in range(40):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 6)):
            place = chance.randrange(len(data))
            data[place : place + chance.choice([0, 0, 1, 20])] = chance.choice(pieces_of_it)
        columns = parse(bytes(data))
        assert (samples_of(columns), columns.oddities.skipped) == line_by_line(bytes(data))


def test_the_fast_path_is_taken_for_plain_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: BlockReader) -> None:
        raise AssertionError("read line by line")

    monkeypatch.setattr(BlockReader, "samples", refuse)
    for text in (TWO_SAMPLES, FLAT * 10):
        parser = ScriptParser()
        parser.feed(draw(text).encode() if text is TWO_SAMPLES else (draw(FLAT) * 10 + "\n").encode(), 0)
        assert len(join_rows(parser.columns().batches)) >= 2


@given(scripts, st.integers(1, 300))
def test_pieces_read_apart_and_joined_are_the_whole(text: str, size: int) -> None:
    data = text.encode()
    parts = list(pieces(io.BytesIO(data), "x", size))
    assert b"".join(part.text[: part.stop] for part in parts) == data
    assert [part.offset for part in parts] == list(np.cumsum([0, *(part.stop for part in parts)])[:-1])


@given(st.lists(samples().filter(lambda text: text.endswith("\n\n")), min_size=2, max_size=12), st.data())
def test_a_text_read_in_two_pieces_is_one_profile(samples: list[str], data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(samples) - 1))
    first, second = "".join(samples[:cut]).encode(), "".join(samples[cut:]).encode()
    in_two = ScriptParser()
    in_two.feed(first, 0)
    in_two.feed(second, len(first))
    apart, whole = in_two.columns(), parse(first + second)
    assert apart.oddities == whole.oddities
    try:
        joined = assemble(apart, Provenance()).check()
    except EmptyProfile:
        with pytest.raises(EmptyProfile):
            assemble(whole, Provenance())
        return
    expected = assemble(whole, Provenance()).check()
    assert joined.value_types == expected.value_types
    assert joined.threads == expected.threads
    for value_type in expected.value_types:
        assert folded(joined.select(str(value_type))) == folded(expected.select(str(value_type)))


def test_small_caches_change_nothing(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = file_source(
        str(corpus / "perf-script" / "brendangregg_FlameGraph__example-perf-stacks.txt.gz")
    ).read()
    expected = samples_of(parse(data))
    monkeypatch.setattr(text_cache, "_CACHE_BYTES", 1)
    monkeypatch.setattr(stacks, "_CACHE_LINES", 1)
    monkeypatch.setattr(headers, "_CACHE_ENTRIES", 1)
    assert samples_of(parse(data)) == expected


def test_a_layout_tells_where_the_columns_stand() -> None:
    layout = Layout(fraction=6, period=11, suffix=b" cycles: ", lead=0, event=0)
    assert layout.width == len(".123456:          7 cycles: ")


def test_a_sample_takes_at_most_48_bytes_on_the_way() -> None:
    def peak(samples: int) -> int:
        source = bytes_source("x", draw(TWO_SAMPLES).encode() * (samples // 2))
        tracemalloc.start()
        try:
            assert len(perf_script.load(source, ImportOptions())[0].samples) == samples
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1000)
    assert peak(200_000) - peak(100_000) < 48 * 100_000


def test_a_raw_dump_is_no_recording() -> None:
    dump = "\n0x108@perf.data [0x50]: event: 69\n.\n. ... raw event: size 80 bytes\n.  0000:  45 00 00 00  E...\n"
    sample = "prog  7 [000] 1.5:     1 cycles: \n\t    55 main (/bin/prog)\n\n"
    head = Head((dump + sample).encode(), complete=True)
    assert perf_script.detect(head) is Match.NO
