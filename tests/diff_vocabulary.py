"""Test vocabulary of the diff: a program drawn as stacks with mean samples, recorded so often, with counting noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from hotspot.analysis.diff import Diff
from hotspot.analysis.diff_rows import DiffRow
from hotspot.profile import Loss, LossKind, Profile

from tests.vocabulary import profile_from_text

Stacks = Mapping[str, float]

# Twelve functions, 4,000 samples a run; `hash` has two callers, `trim` is a leaf with one, `fold` calls itself.
PROGRAM: dict[str, float] = {
    "main": 40,
    "main;load": 100,
    "main;load;parse": 400,
    "main;load;parse;trim": 300,
    "main;load;hash": 160,
    "main;group": 200,
    "main;group;hash": 440,
    "main;group;find": 500,
    "main;sort": 300,
    "main;sort;less": 600,
    "main;pack": 100,
    "main;pack;fold": 160,
    "main;pack;fold;fold": 200,
    "main;pack;fold;fold;emit": 300,
    "main;report": 200,
}


def edited(stacks: Stacks, edits: Mapping[str, float]) -> dict[str, float]:
    """Return stacks with other means; 0 takes one away."""
    merged = {**stacks, **edits}
    return {stack: mean for stack, mean in merged.items() if mean}


def renamed(stacks: Stacks, old: str, new: str) -> dict[str, float]:
    """Return stacks with a frame spelled differently."""
    return {
        ";".join(new if name == old else name for name in stack.split(";")): mean
        for stack, mean in stacks.items()
    }


def scaled(stacks: Stacks, below: str, factor: float) -> dict[str, float]:
    """Return stacks with everything at and below a path taking so much longer."""
    return {
        stack: mean * (factor if f"{stack};".startswith(f"{below};") else 1) for stack, mean in stacks.items()
    }


def drawn(counts: Mapping[str, float]) -> Profile:
    """Build one profile from stacks and whole numbers."""
    return profile_from_text("\n".join(f"{stack} {int(n)}" for stack, n in counts.items() if n))


def runs(
    stacks: Stacks, k: int = 5, *, seed: int = 0, work: float = 1.0, spread: float = 0.0
) -> list[Profile]:
    """Record drawn stacks k times: Poisson around the means, which differ by `spread` from run to run."""
    rng = np.random.default_rng(seed)
    return [
        drawn(
            {
                stack: int(rng.poisson(mean * work * np.exp(rng.normal(0, spread) if spread else 0)))
                for stack, mean in stacks.items()
            }
        )
        for _ in range(k)
    ]


def pruned(profile: Profile, amount: int) -> Profile:
    """Return the profile with the word of its file that frames up to `amount` wide were left out."""
    loss = Loss(LossKind.PRUNED, f"frames under {amount + 1} samples are absent", amount)
    return replace(profile, provenance=replace(profile.provenance, losses=(loss,)))


def row_of(diff: Diff, function: str) -> DiffRow:
    """Return the only row of a function."""
    (row,) = (row for row in diff.rows if row.function == function)
    return row


def statuses(diff: Diff) -> dict[str, str]:
    """Return the status of every row that is not `unchanged`."""
    return {row.function: row.status for row in diff.rows if row.status != "unchanged"}


def culprits(diff: Diff) -> dict[str, tuple[str | None, str | None]]:
    """Return for every culprit why it is one and whom it calls."""
    return {row.function: (row.because, row.callee) for row in diff.rows if row.culprit}
