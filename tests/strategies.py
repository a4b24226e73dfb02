"""Hypothesis strategies for profiles, with everything a hostile profiler can write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from hotspot.builder import ProfileBuilder
from hotspot.profile import NO_STACK, Kind, ModuleStyle, Profile, Provenance, Thread
from hotspot.units import ValueType
from hypothesis import settings
from hypothesis import strategies as st

# The same examples on every run, so that a failure in CI is a failure here.
SETTINGS = settings(derandomize=True, deadline=None, max_examples=100)

Frame = tuple[str, str, int, str, int]  # name, file, line, module, kind
EMPTY_STACK: Frame = (NO_STACK, "", 0, "", int(Kind.USER))

NAMES = (
    "main",
    "operator()",
    "(anonymous namespace)::f(int, char const*)",
    "foo(bar)::{lambda(int)#1}::operator()(int) const",
    "<T as core::fmt::Display>::fmt",
    "main.(*Server).Serve",
    "Lorg/x/Y:.m",
    "<module>",
    "Object#foo",
    "List`1.Add",
    "std::`anonymous namespace'::f",
    "f(int) (.part.0)",
    "start_thread 2",
    "frame 12 34",
    "1e3",
    "-5",
    "[unknown]",
    "[libc.so.6]",
    "[no stack]",
    'process 12:"a b"',
    "thread (0x7F12): main",
    "#comment",
    "//comment",
    "a;b",
    "a\nb",
    "a\r",
    "_[k]",
    "name_[k]",
    "name (x.py:3)",
    " padded ",
    "\tb",
    "é\u2028\U0001f525",
    "\ud800",
    "",
)

names = st.one_of(st.sampled_from(NAMES), st.text(max_size=12))
files = st.one_of(
    st.sampled_from(["", "", "x.py", "/a b/c (copy)/d.cc", "C:\\x.py", "<string>"]), st.text(max_size=8)
)
modules = st.one_of(st.sampled_from(["", "", "libc.so.6", "/usr/lib/libm.so", "[vdso]"]), st.text(max_size=8))
lines = st.one_of(st.just(0), st.integers(1, 10_000), st.sampled_from([-1, 2**31 - 1, 2**31]))
frames = st.tuples(names, files, lines, modules, st.sampled_from([int(kind) for kind in Kind]))

# Small enough that some dozen of them cannot add up past 2^63.
weights = st.one_of(st.integers(-3, 50), st.sampled_from([0, 1, 2**53 + 1, 2**57, -(2**57)]))

value_types = st.lists(
    st.builds(
        ValueType,
        st.sampled_from(["samples", "cpu", "cycles/samples", "alloc_space"]),
        st.sampled_from(["count", "nanoseconds", "bytes"]),
        st.sampled_from([1, 1, 10, 1000]),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda value_type: (value_type.type, value_type.unit),
).map(tuple)


def as_stored(frame: Frame) -> Frame:
    """Return a frame as a profile holds it: a line that cannot be one is unknown."""
    name, file, line, module, kind = frame
    return name, file, line if 0 <= line < 2**31 else 0, module, kind


@dataclass(frozen=True)
class Recording:
    """What was recorded, before it is a profile: one row a sample, the stack as frames from root to leaf."""

    value_types: tuple[ValueType, ...]
    stacks: list[list[Frame]]
    weights: list[list[int]]
    times: list[int] | None = None
    threads: list[int] | None = None
    module_style: ModuleStyle = ModuleStyle.NONE

    def profile(self) -> Profile:
        """Build the profile."""
        builder = ProfileBuilder(self.value_types)
        flat = [builder.frames.intern(*frame) for stack in self.stacks for frame in stack]
        offsets = [0]
        for stack in self.stacks:
            offsets.append(offsets[-1] + len(stack))
        builder.add_samples(
            builder.add_stacks(flat, offsets),
            self.weights or np.zeros((0, len(self.value_types)), dtype=np.int64),
            self.times,
            self.threads,
        )
        threads = tuple(Thread(1, tid, f"t{tid}") for tid in range(3))
        return builder.build(Provenance(module_style=self.module_style), threads=threads).check()

    def by_stack(self, column: int = 0) -> Counter[tuple[Frame, ...]]:
        """Return the sum of weights of each distinct stack."""
        sums: Counter[tuple[Frame, ...]] = Counter()
        for stack, row in zip(self.stacks, self.weights, strict=True):
            sums[tuple(map(as_stored, stack)) or (EMPTY_STACK,)] += row[column]
        return sums


styles = st.sampled_from(list(ModuleStyle))


@st.composite
def recordings(
    draw: Callable[..., object],
    frames: st.SearchStrategy[Frame] = frames,
    value_types: st.SearchStrategy[tuple[ValueType, ...]] = value_types,
    styles: st.SearchStrategy[ModuleStyle] = styles,
    min_size: int = 1,
) -> Recording:
    """Draw some stacks over few frames, so that prefixes are shared, with weights in each value type."""
    types = draw(value_types)
    vocabulary = draw(st.lists(frames, min_size=1, max_size=6))
    stacks = draw(st.lists(st.lists(st.sampled_from(vocabulary), max_size=6), min_size=min_size, max_size=12))
    rows = st.lists(weights, min_size=len(types), max_size=len(types))
    count = len(stacks)
    times = st.lists(st.integers(0, 2**62), min_size=count, max_size=count)
    threads = st.lists(st.integers(-1, 2), min_size=count, max_size=count)
    return Recording(
        types,
        stacks,
        draw(st.lists(rows, min_size=count, max_size=count)),
        draw(st.none() | times),
        draw(st.none() | threads),
        draw(styles),
    )


def stacks_of(profile: Profile, column: int = 0) -> Counter[tuple[Frame, ...]]:
    """Return the sum of weights of each distinct stack of a profile, read node by node."""
    frames = profile.frames
    sums: Counter[tuple[Frame, ...]] = Counter()
    for leaf, weight in zip(profile.samples.leaf, profile.samples.weight[:, column].tolist(), strict=True):
        stack = tuple(
            (
                frames.strings[frames.name[row]],
                frames.strings[frames.file[row]],
                int(frames.line[row]),
                frames.strings[frames.module[row]],
                int(frames.kind[row]),
            )
            for row in profile.path(int(leaf))
        )
        sums[stack] += weight
    return sums
