"""How long a diff takes: 5 + 5 made-up profiles of 100,000 distinct stacks each, in one process.

python benchmarks/diff/speed.py [--stacks 100000] [--own 0.3]

The runs of a side share most of their stacks, and each has some that no other has, as real ones do.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from hotspot.analysis.diff import diff
from hotspot.builder import ProfileBuilder
from hotspot.profile import Profile, Provenance
from hotspot.units import ValueType

FUNCTIONS = 4000
DEPTH = 24


def population(stacks: int, rng: np.random.Generator) -> np.ndarray:
    """Frames of distinct stacks, root to leaf, int32[stacks, DEPTH]: every other level has a few callees a caller."""
    frames = np.zeros((stacks, DEPTH), dtype=np.int32)
    for level in range(1, DEPTH):
        choice = rng.integers(0, 3 if level % 2 else 1, size=stacks)
        frames[:, level] = (frames[:, level - 1] * 7 + choice * 131 + level) % FUNCTIONS
    frames[:, -1] = rng.integers(0, FUNCTIONS, size=stacks)
    return np.unique(frames, axis=0)


def run(frames: np.ndarray, count: np.ndarray, names: list[str]) -> Profile:
    builder = ProfileBuilder((ValueType("samples", "count"),))
    for name in names:
        builder.frames.intern(name, file=f"src/{hash(name) % 97}.c", line=1)
    offsets = np.arange(len(frames) + 1, dtype=np.int64) * DEPTH
    builder.add_samples(builder.add_stacks(frames.reshape(-1), offsets), count)
    return builder.build(Provenance())


def sides(stacks: int, own: float) -> tuple[list[Profile], list[Profile]]:
    """Two sides of five runs; one function of the second takes twice as long, and a tenth have other names."""
    rng = np.random.default_rng(3)
    frames = population(int(stacks * (1 + 10 * own)), rng)
    shared = int(stacks * (1 - own))
    names = [f"module{i % 50}::function_{i}(int)" for i in range(FUNCTIONS)]
    renamed = [f"{name}::v2" if i % 10 == 0 else name for i, name in enumerate(names)]
    mean = rng.pareto(1.3, size=len(frames)) * 3 + 1
    order = rng.permutation(len(frames))
    result: tuple[list[Profile], list[Profile]] = ([], [])
    for side in (0, 1):
        for _ in range(5):
            some = np.concatenate(
                [order[:shared], rng.choice(order[shared:], stacks - shared, replace=False)]
            )
            slower = 1 + side * (frames[some, -1] == 77)
            count = 1 + rng.poisson(mean[some] * slower)
            result[side].append(run(frames[some], count, renamed if side else names))
    return result


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stacks", type=int, default=100_000)
    parser.add_argument("--own", type=float, default=0.3, help="share of a run's stacks that are its own")
    options = parser.parse_args()
    before, after = sides(options.stacks, options.own)
    begin, cpu = time.perf_counter(), time.process_time()
    found = diff(before, after)
    middle, cpu = time.perf_counter(), time.process_time() - cpu
    size = len(json.dumps(found.to_dict()))
    end = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{options.stacks:,} stacks a run, {len(before[0].call_tree):,} nodes a run, {len(found.union.tree):,} in all, "
        f"{len(found.rows):,} functions, {len(found.matches):,} matches, {found.verdict}: diff {middle - begin:.1f} s ({cpu:.1f} s of CPU), "
        f"to JSON {end - middle:.1f} s ({size / 1e6:.1f} MB), peak {peak:,.0f} MB"
    )


if __name__ == "__main__":
    main()
