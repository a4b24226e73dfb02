"""Stacks whose beginning is lost: what called them is unknown, so their callers' totals are too small.

A stack is broken where its first frame (below the process's name) has no name, or where it begins in the middle of the
program. That it is the middle is told by others of the same process, which begin where programs and threads do::

    app;_start;main;parse;qsort;compare 6     begins properly
    app;qsort;compare                   2     broken: qsort is called above, and lies in a library

Unwinders leave such stacks behind where a library has no frame pointers, where unwind tables end, and where a stack is
deeper than the part of it that was copied (``perf record --call-graph dwarf`` copies 8 kB).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from hotspot.analysis.totals import nearest_marked, sum_by_group
from hotspot.profile import Bool, Int32, Kind, Profile
from hotspot.units import human_share

WORTH_SAYING = 0.05
"""Share of the weight from which broken stacks are told of."""

_NO_NAME = re.compile(r"^(?:\[?unknown\]?|\?\?|0x[0-9a-fA-F]+|\[no stack\]|\[unknown:.*\])$")

# Where native programs and threads begin: a stack that begins here proves that its process can be unwound to the end.
_NATIVE_ENTRY = re.compile(
    r"^(?:_?start|_dl_start(?:_user)?|_*libc_start_main.*|__libc_start_call_main|start_thread|_?thread_start|_pthread_start|_lwp_start"
    r"|_*(?:GI_+)?clone3?|BaseThreadInitThunk|RtlUserThreadStart)(?:@.*)?$"
)
# Others that have no caller: runtimes, the kernel, coroutines. `main` where the C library cannot be unwound.
_OTHER_ENTRY = re.compile(
    r"^(?:main|<module>|\((?:root|program)\)|runtime\..*|_?rt0_.*|_*(?:fini|init)|make_fcontext|__start_context|.*coroutine_trampoline"
    r"|ret_from_fork.*|entry_\w+|asm_\w+|(?:do|x64_sys)_syscall\w*|secondary_startup\w*|start_(?:secondary|kernel)|x86_64_start_\w+"
    r"|cpu_startup_entry|(?:rest|kernel)_init|kthread)$"
)
_LIBRARY = re.compile(r"\.(?:so(?:\.[\d.]+)?|dylib|dll)(?: \(deleted\))?$", re.IGNORECASE)
_MAIN = re.compile(r"^main$")
# Called by everything, calling nothing back but from inside: other than at an entry no stack begins here.
_C_LIBRARY = re.compile(
    r"(?:^|/)(?:libc|libm|libpthread|libstdc\+\+|ld-linux[-\w]*|ld-musl[-\w]*|ld)(?:-[\d.]+)?\.so\b"
)
_PERF_EVENTS = frozenset({"cpu-clock", "task-clock", "cycles", "cpu-cycles"})
_MOST_NAMES = 3


@dataclass(frozen=True)
class BrokenStacks:
    """How much of a profile has lost its callers.

    Attributes:
        nameless_share: of the weight, below a first frame without a name.
        midway_share: of the weight, in stacks that begin in the middle of the program.
        first: names of the frames that the latter begin with, heaviest first, a few.
        native: whether perf recorded them, which has other ways to find callers.
    """

    nameless_share: float
    midway_share: float
    first: tuple[str, ...]
    native: bool

    @property
    def share(self) -> float:
        """Of the weight, in broken stacks of either kind."""
        return self.nameless_share + self.midway_share

    @property
    def warning(self) -> str | None:
        """One sentence, with what to do; None where it is not worth saying."""
        if self.share < WORTH_SAYING:
            return None
        how = []
        if self.nameless_share:
            how.append(f"{human_share(self.nameless_share)} below a frame without a name")
        if self.midway_share:
            names = f" (at {', '.join(self.first)})" if self.first else ""
            how.append(
                f"{human_share(self.midway_share)} in stacks that begin in the middle of the program{names}"
            )
        remedy = (
            "build with -fno-omit-frame-pointer, or record with `--call-graph dwarf`; if it was, record again and copy more "
            "of the stack: `perf record --call-graph dwarf,32768`"
            if self.native
            else "record with frame pointers or DWARF unwinding"
        )
        return f"{human_share(self.share)} of the weight has lost its callers, whose totals are too small: {', '.join(how)}; {remedy}."


def is_nameless(name: str) -> bool:
    """Tell whether a frame's name stands for a missing one."""
    return _NO_NAME.match(name) is not None


def broken_stacks(profile: Profile) -> BrokenStacks:
    """Return what has lost its callers, in the selected value type.

    A nameless first frame above a beginning of a program or thread, or above the kernel, has lost nothing. A named one
    counts as the middle where it is in the C library; else only where the process has stacks that begin properly, and
    the frame is in a shared library or is called by something elsewhere.
    """
    tree, frames = profile.call_tree, profile.frames
    by_name = _Told(profile)
    nameless, native, entry = by_name(_NO_NAME), by_name(_NATIVE_ENTRY), by_name(_OTHER_ENTRY)
    kind = frames.kind[tree.frame]
    proves = native | (by_name(_MAIN) if (kind == Kind.PROCESS).any() else np.zeros(len(tree), dtype=bool))
    begins = native | entry | (kind == Kind.KERNEL)

    prefix = _prefix(profile, native)
    above = np.where(tree.parent >= 0, prefix[tree.parent], True)
    first = above & ~prefix
    cut = first & nameless
    whole = ~first & begins & np.where(tree.parent >= 0, cut[tree.parent], False)
    total = profile.node_total
    lost = int(total[cut].sum() - profile.node_self[cut].sum() - total[whole].sum())

    root = nearest_marked(tree, tree.depth == 0)
    process = np.where(prefix[root], frames.name[tree.frame[root]], -1)
    proper = (first | whole) & proves & (total > 0)
    proven = np.isin(process, process[proper])
    in_middle = _is_in(profile, _C_LIBRARY) | (
        proven & (_is_in(profile, _LIBRARY) | _is_called(profile, process, first, prefix))
    )
    midway = first & ~nameless & ~begins & in_middle
    names = frames.name[tree.frame]
    weight = sum_by_group(np.where(midway, names, -1).astype(np.int32), total, len(frames.strings))
    order = [i for i in np.argsort(-weight, kind="stable")[:_MOST_NAMES].tolist() if weight[i] > 0]
    return BrokenStacks(
        profile.share(lost),
        profile.share(int(total[midway].sum())),
        tuple(frames.strings[i] for i in order),
        _is_by_perf(profile),
    )


def _is_by_perf(profile: Profile) -> bool:
    """Tell whether perf recorded it: what is kept of its recordings, as pprof, still has its events."""
    source = profile.provenance
    events = (value_type.type.split(":", 1)[0] for value_type in profile.value_types)
    return source.format.startswith("perf") or any(event in _PERF_EVENTS for event in events)


class _Told:
    """What a pattern says about the function of each node, bool[nodes]."""

    def __init__(self, profile: Profile) -> None:
        self._strings = profile.frames.strings
        self._used = np.unique(profile.frames.name)
        self._name = profile.frames.name[profile.call_tree.frame]

    def __call__(self, pattern: re.Pattern[str]) -> Bool:
        fits = np.zeros(len(self._strings), dtype=bool)
        for index in self._used.tolist():
            fits[index] = pattern.match(self._strings[index]) is not None
        result: Bool = fits[self._name]
        return result


def _prefix(profile: Profile, native: Bool) -> Bool:
    """Which nodes name the process or thread that a stack is of, bool[nodes].

    Folded stacks and pprof do not mark them: there it is a root that no sample ends in, right above the beginning of a
    program or thread.
    """
    tree = profile.call_tree
    kind = profile.frames.kind[tree.frame]
    marked = (kind == Kind.PROCESS) | (kind == Kind.THREAD)
    under_root = native & (tree.depth == 1)
    marked[np.unique(tree.parent[under_root])] = True
    marked &= (profile.node_self == 0) & ~native
    prefix: Bool = nearest_marked(tree, ~marked) < 0
    return prefix


def _is_in(profile: Profile, modules: re.Pattern[str]) -> Bool:
    """Which nodes are in one of some modules, bool[nodes]."""
    strings = profile.frames.strings
    fits = np.zeros(len(strings), dtype=bool)
    for index in np.unique(profile.frames.module).tolist():
        fits[index] = modules.search(strings[index]) is not None
    result: Bool = fits[profile.frames.module[profile.call_tree.frame]]
    return result


def _is_called(profile: Profile, process: Int32, first: Bool, prefix: Bool) -> Bool:
    """Which first nodes are of a function that is called elsewhere in the process, other than by itself, bool[nodes]."""
    tree = profile.call_tree
    function = profile.functions.of_frame[tree.frame].astype(np.int64)
    key = function * (len(profile.frames.strings) + 1) + process + 1
    begin = nearest_marked(tree, first)
    called = ~first & ~prefix & (begin >= 0)
    called[called] = key[begin[called]] != key[called]
    wanted = np.unique(key[first])  # far fewer than all that are called
    place = np.searchsorted(wanted, key[called])
    found = place < len(wanted)
    found[found] = wanted[place[found]] == key[called][found]
    result = first.copy()
    result[first] = np.isin(key[first], wanted[np.unique(place[found])])
    return result
