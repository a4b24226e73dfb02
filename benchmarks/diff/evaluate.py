"""The table of evidence behind `hotspot diff`, from the pools that record.py left behind.

python benchmarks/diff/evaluate.py [--cache FOLDER] [--pairs 200]      some minutes

Pairs are resampled: an A/A comparison takes ten runs of one program from the pool, in the order of recording, and deals
them out in turn; an injection takes the runs of five turns of the baseline and of the variant. Pairs share runs, so the
rates are less certain than so many independent comparisons would be.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from hotspot.analysis.diff import Diff, diff
from hotspot.analysis.diff_rows import DiffRow
from hotspot.analysis.statistics import sizes
from hotspot.profile import Profile
from pools import Pool, read_pool, thinned
from variants import VARIANTS

RUNS = 5
AA_POOLS = (
    ("c-aa", "C"),
    ("c-aa-noisy", "C, neighbour"),
    ("py-aa", "Python"),
    ("py-aa-noisy", "Python, neighbour"),
)
PLANS = ("c-inject", "c-inject-noisy", "c-leafless", "py-inject")


def same_program(pool: Pool, pairs: int, samples: int | None, *, in_turn: bool = True) -> Iterator[Diff]:
    """Compare a program with itself, thinned to so many samples a run."""
    rng = np.random.default_rng(1)
    runs = pool["base"]
    for _ in range(pairs):
        chosen = [runs[i] for i in np.sort(rng.choice(len(runs), 2 * RUNS, replace=False))]
        if samples is not None:
            chosen = [thinned(run, min(1.0, samples / run.total), rng) for run in chosen]
        yield diff(chosen[0::2], chosen[1::2]) if in_turn else diff(chosen[:RUNS], chosen[RUNS:])


def injected(pool: Pool, variant: str, pairs: int, samples: int) -> Iterator[Diff]:
    """Compare the baseline with a variant, five turns at a time."""
    rng = np.random.default_rng(2)
    turns = min(len(pool["base"]), len(pool[variant]))
    for _ in range(pairs):
        chosen = rng.choice(turns, RUNS, replace=False)
        sides: list[list[Profile]] = [
            [thinned(runs[i], min(1.0, samples / runs[i].total), rng) for i in chosen]
            for runs in (pool["base"], pool[variant])
        ]
        yield diff(*sides)


def planted(pool: Pool, function: str, points: float, pairs: int, samples: int) -> Iterator[DiffRow]:
    """Compare a program with itself, where one function of the second side got slower by so many points.

    The runs and how they differ are real; the samples that are added are drawn where the function has samples already.
    """
    rng = np.random.default_rng(3)
    runs = pool["base"]
    for _ in range(pairs):
        chosen = [runs[i] for i in np.sort(rng.choice(len(runs), 2 * RUNS, replace=False))]
        before = [thinned(run, min(1.0, samples / run.total), rng) for run in chosen[0::2]]
        after = [
            slowed(thinned(run, min(1.0, samples / run.total), rng), function, points, rng)
            for run in chosen[1::2]
        ]
        found = diff(before, after)
        yield next(row for row in found.rows if row.function == function)


def slowed(run: Profile, function: str, points: float, rng: np.random.Generator) -> Profile:
    """Return a run with samples added to a function's self."""
    names = np.array([run.frame_name(frame) == function for frame in range(len(run.frames))])
    weight = run.samples.weight.copy()
    own = weight[:, 0] * names[run.call_tree.frame[run.samples.leaf]]
    weight[:, 0] += rng.poisson(points * run.total * own / own.sum())
    return replace(run, samples=replace(run.samples, weight=weight))


def first_culprit(found: Diff) -> tuple[str, str | None, str | None] | None:
    """Return function, reason and callee of the culprit that explains most."""
    if not found.culprits:
        return None
    row = found.culprits[0]
    return row.function, row.because, row.callee


def is_right(variant: str, named: tuple[str, str | None, str | None] | None) -> bool:
    """Tell whether the one named is one of those that may be: a function, or a caller with its callee."""
    if named is None:
        return False
    function, because, callee = named
    for wanted in VARIANTS[variant].culprits:
        if isinstance(wanted, str) and function == wanted and because != "calls_more":
            return True
        if wanted == (function, callee):
            return True
    return False


def dominated(pool: Pool, pairs: int, samples: int, slower: float) -> Iterator[Diff]:
    """Compare a program that one function dominates with itself, where that function takes so many times as long.

    The program is made of a real one: the samples of `less_than` count ten times, how runs differ in them included.
    """
    rng = np.random.default_rng(4)
    runs = pool["base"]
    for _ in range(pairs):
        chosen = [runs[i] for i in np.sort(rng.choice(len(runs), 2 * RUNS, replace=False))]
        before, after = (
            [
                thinned(run, min(1.0, samples / _repeated(chosen[0], "less_than", 10.0).total), rng)
                for run in (_repeated(r, "less_than", times) for r in side)
            ]
            for side, times in ((chosen[0::2], 10.0), (chosen[1::2], 10.0 * slower))
        )
        yield diff(before, after)


def _repeated(run: Profile, function: str, times: float) -> Profile:
    names = np.array([run.frame_name(frame) == function for frame in range(len(run.frames))])
    weight = run.samples.weight.copy()
    mine = names[run.call_tree.frame[run.samples.leaf]]
    weight[mine, 0] = np.round(weight[mine, 0] * times)
    return replace(run, samples=replace(run.samples, weight=weight))


def percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:5.1f}%" if whole else "    -"


def alarms(cache: Path, pairs: int, plans: Sequence[str]) -> None:
    print(
        "\nA/A: any significant row | verdict regressed or mixed | coverage of self intervals (all tested rows)"
    )
    for plan, label in AA_POOLS:
        pool = read_pool(cache, plan)
        for samples, note in ((4000, "20k"), (None, "all")):
            if samples is None and plan.startswith("py"):
                continue
            for in_turn in (True, False):
                found = list(same_program(pool, pairs, samples, in_turn=in_turn))
                mean = np.mean([sum(run.total for run in f.before) for f in found])
                tested = [
                    row
                    for f in found
                    for row in f.rows
                    if row.interval is not None and row.status != "cost_shift"
                ]
                held = sum(row.interval[0] <= 0 <= row.interval[1] for row in tested)
                large = [row for row in tested if row.self_share_before >= 0.01]
                held_large = sum(row.interval[0] <= 0 <= row.interval[1] for row in large)
                print(
                    f"{label:18} {note:4} {mean:7.0f} samples a side, {'in turn    ' if in_turn else 'in sequence'}"
                    f" {percent(sum(bool(f.fails('any')) for f in found), len(found))}"
                    f" {percent(sum(bool(f.fails('regression')) for f in found), len(found))}"
                    f" {percent(held, len(tested))} (of 1% and more: {percent(held_large, len(large))})",
                    flush=True,
                )


def dominant(cache: Path, pairs: int, plans: Sequence[str]) -> None:
    """What the bound on one function's weight in the size factor is for: short runs of a program with a dominant one."""
    print(
        "\nOne dominant function, short runs: samples a run | bound on its weight | any significant row | regressed or mixed |"
        " coverage of self intervals | it takes 1.3 times as long: found | interval of the others holds 0"
    )
    bound = sizes.MAX_REFERENCE_SHARE
    for plan, label in AA_POOLS:
        pool = read_pool(cache, plan)
        for samples in (150, 300, 1000):
            for share in (1.0, bound):
                sizes.MAX_REFERENCE_SHARE = share
                same = list(dominated(pool, pairs, samples, 1.0))
                slower = list(dominated(pool, pairs, samples, 1.3))
                held = [_holds(row) for f in same for row in f.rows if row.interval is not None]
                grew = [row for f in slower for row in f.rows if row.function == "less_than"]
                others = [
                    _holds(row)
                    for f in slower
                    for row in f.rows
                    if row.interval is not None and row.function != "less_than"
                ]
                print(
                    f"{label:18} {samples:5} {share:5.2f}"
                    f" {percent(sum(bool(f.fails('any')) for f in same), len(same))}"
                    f" {percent(sum(bool(f.fails('regression')) for f in same), len(same))}"
                    f" {percent(sum(held), len(held))}"
                    f" {percent(sum(bool(row.significant) and row.change > 0 for row in grew), len(grew))}"
                    f" {percent(sum(others), len(others))}",
                    flush=True,
                )
    sizes.MAX_REFERENCE_SHARE = bound


def _holds(row: DiffRow) -> bool:
    return row.interval is not None and row.interval[0] <= 0 <= row.interval[1]


def power(cache: Path, pairs: int, plans: Sequence[str]) -> None:
    print("\nTwo points planted at 20k samples a side: share before | significant | interval holds it")
    for plan, label in AA_POOLS:
        pool = read_pool(cache, plan)
        for function in (
            "tax",
            "emit_byte",
            "discount",
            "format_row",
            "match_length",
            "hash_key",
            "less_than",
        ):
            rows = list(planted(pool, function, 0.02, pairs, 4000))
            held = sum(
                row.interval is not None and row.interval[0] <= 0.02 <= row.interval[1] for row in rows
            )
            print(
                f"{label:18} {function:14} {100 * np.mean([row.self_share_before for row in rows]):4.1f}%"
                f" {percent(sum(bool(row.significant) for row in rows), len(rows))} {percent(held, len(rows))}",
                flush=True,
            )


def injections(cache: Path, pairs: int, plans: Sequence[str]) -> None:
    print(
        "\nInjections at 20k samples a side: regressed | right culprit first, of these | right culprit anywhere | first named"
    )
    for plan in plans:
        pool = read_pool(cache, plan)
        for variant, facts in VARIANTS.items():
            if facts.kind == "refactor" or len(pool.get(variant, ())) < RUNS:
                continue  # not recorded, or not often enough
            found = list(injected(pool, variant, pairs, 4000))
            raised = [f for f in found if f.fails("regression")]
            first = [first_culprit(f) for f in raised]
            anywhere = sum(
                any(is_right(variant, (r.function, r.because, r.callee)) for r in f.rows if r.culprit)
                for f in raised
            )
            size = np.mean([f.change for f in found])
            names = Counter(f"{n[0]}{'->' + n[2] if n[2] else ''} ({n[1]})" if n else "nobody" for n in first)
            common = ", ".join(f"{name} {count}" for name, count in names.most_common(3))
            print(
                f"{plan:17} {variant:16} {size * 100:+5.1f}% {percent(len(raised), len(found))}"
                f" {percent(sum(is_right(variant, n) for n in first), len(raised))}"
                f" {percent(anywhere, len(raised))}  {common}",
                flush=True,
            )


def refactorings(cache: Path, pairs: int, plans: Sequence[str]) -> None:
    print("\nRefactorings at 20k samples a side: regressed or mixed | any significant row | what")
    for plan in plans:
        pool = read_pool(cache, plan)
        for variant, facts in VARIANTS.items():
            if facts.kind != "refactor" or len(pool.get(variant, ())) < RUNS:
                continue
            found = list(injected(pool, variant, pairs, 4000))
            rows = Counter(f"{r.function} {r.status}" for f in found for r in f.rows if r.significant)
            print(
                f"{plan:17} {variant:16} {percent(sum(bool(f.fails('regression')) for f in found), len(found))}"
                f" {percent(sum(bool(f.fails('any')) for f in found), len(found))}  {rows.most_common(4)}",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cache", type=Path, default=Path(".diffbench"))
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--plan", action="append", help="only these pools of injections")
    parser.add_argument("--only", choices=["alarms", "dominant", "power", "injections", "refactorings"])
    options = parser.parse_args()
    for part in (alarms, dominant, power, injections, refactorings):
        if options.only in (None, part.__name__):
            part(options.cache, options.pairs, options.plan or PLANS)


if __name__ == "__main__":
    main()
