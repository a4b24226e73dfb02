"""`perf script` text for property tests: samples of every shape, and lines that are none."""

from __future__ import annotations

from hypothesis import strategies as st

_COMMS = st.sampled_from(
    [
        "a",
        "worker 1/io",
        "1234",
        "dd",
        "V8 Worker 3",
        "kworker/0:1-ev",
        "[x] (y): z",
        "été",
        "-",
        "a 1 b",
        "x:",
    ]
)
_NAMES = st.sampled_from(
    ["main", "f+0x1f", "[unknown]", "std::map<int, char>::at(int) const+0x0", "Lnet/foo/Bar;::run", "~x /a b.js:12",
     "operator()(int)", "(anonymous namespace)::f", "", "f;g", 'q"uo', "+0x", "cycles: 7f g (x)"]
)  # fmt: skip
_MODULES = st.sampled_from(
    ["(/opt/app)", "([kernel.kallsyms])", "([unknown])", "(/tmp/perf-12.map)", "(/x (deleted))", "(/a b/c)", "(inlined)",
     "(/x", "", "(libc.so+0x1f)"]
)  # fmt: skip
_EVENTS = st.sampled_from(
    ["cycles", "cpu-clock:pppH", "sched:sched_switch", "cpu/event=0x3c/u", "page-faults"]
)


@st.composite
def _frames(draw_one: st.DrawFn) -> list[str]:
    lines = []
    for _ in range(draw_one(st.integers(0, 6))):
        address = draw_one(st.sampled_from(["4005b1", "4005b2", "ffffffff8103d0ca", "0", "7f00aa"]))
        lines.append(f"\t{address:>16} {draw_one(_NAMES)} {draw_one(_MODULES)}".rstrip())
        lines += draw_one(
            st.sampled_from([[], [], [], ["  file.c:12"], ["  file.c:9 (inlined)"], [" ABI:2    AX:0x7f"]])
        )
    return lines


@st.composite
def samples(draw_one: st.DrawFn) -> str:
    comm, tid, event = draw_one(_COMMS), draw_one(st.integers(0, 99999)), draw_one(_EVENTS)
    time = draw_one(
        st.sampled_from(["1.000000", "99999.123456", "1700000000.123456789", "12.5", "99999999999.000000"])
    )
    who = draw_one(
        st.sampled_from(
            [f"{comm} {tid:7d}/{tid:<7d} ", f"{comm} {tid:5d} [001] ", f"{comm} {tid} ", f"{comm} "]
        )
    )
    header = who
    if draw_one(st.integers(0, 5)):
        header += f"{time:>12}: "
    if draw_one(st.booleans()):
        header += f"{draw_one(st.sampled_from([1, 66666, 1001001, 10**10, 10**19])):10d} "
    if draw_one(st.integers(0, 5)):
        header += f"{event:>14}: " if draw_one(st.booleans()) else f"{event}: "
    shape = draw_one(st.integers(0, 7))
    if shape == 0:
        header += f"     4005b1 {draw_one(_NAMES)} {draw_one(_MODULES)}"
        return header + "\n"
    if shape == 1:
        header += "prev_comm=x prev_pid=12 ==> next_comm=y"
    end = draw_one(st.sampled_from(["\n", "\n", "\n", "\n\n", ""]))
    return "\n".join([header, *draw_one(_frames())]) + "\n" + end


_odd_lines = st.sampled_from(
    [
        "# comment\n",
        "garbage\n",
        "a 1 1.000000: PERF_RECORD_COMM: a:1/1\n",
        "\tgarbage\n",
        "  \n",
        "\n",
        "Warning: 12 x:\n",
    ]
)
scripts = st.lists(st.one_of(samples(), samples(), samples(), _odd_lines), min_size=1, max_size=30).map(
    "".join
)
