"""Files that leave out narrow frames: what they may hide, and comparing like with like.

A flame graph SVG omits frames under a minimum width, and what it omits reads as self of the frame below which it is
missing. So a function that one side lacks may have been there, "at most X"; and its callers look as if they had grown.
Both are put right before anything is tested: a node that one side lacks, and that is narrow enough on the other to have
been left out, dissolves into its parent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from hotspot.analysis.sets import SetIndex, subtree_sums
from hotspot.analysis.union import FloatArray, Union
from hotspot.profile import Bool, LossKind, Profile

_ERRORS = 3.0  # a frame this many standard errors above the threshold would have been drawn


def pruned_below(run: Profile) -> int:
    """Return the largest weight a frame that the file left out can have, 0 where it leaves none out."""
    return max(
        (loss.amount or 0 for loss in run.provenance.losses if loss.kind is LossKind.PRUNED), default=0
    )


def thresholds(union: Union, runs: Sequence[Profile]) -> FloatArray:
    """Return the largest number of samples that one frame each side left out can have, float64[2]; 0 for none."""
    weight, count = union.weight.sum(axis=0), union.count.sum(axis=0)
    result = np.zeros(2, dtype=np.float64)
    for column, run in enumerate(runs):
        per_sample = abs(weight[column] / count[column]) if count[column] and weight[column] else 1.0
        result[int(union.is_after[column])] += pruned_below(run) / per_sample
    return result


def narrow_nodes(union: Union, threshold: FloatArray, ratio: float) -> Bool:
    """Return the nodes that one side lacks and may have left out, judging by the other side, bool[nodes]."""
    sides = np.stack(
        [union.count[:, ~union.is_after].sum(axis=1), union.count[:, union.is_after].sum(axis=1)], axis=1
    )
    total = subtree_sums(union.tree, sides)
    narrow = np.zeros(len(union.tree), dtype=bool)
    for side, factor in ((0, 1 / ratio), (1, ratio)):
        if threshold[side] > 0:
            widest = threshold[side] + _ERRORS * math.sqrt(threshold[side])
            narrow |= (total[:, side] == 0) & (total[:, 1 - side] * factor <= widest)
    return narrow


def hidden_samples(union: Union, index: SetIndex, pooled: FloatArray, threshold: FloatArray) -> FloatArray:
    """Return how many samples each side may hide of each set it lacks, float64[sets, 2].

    That is the threshold in each place of the tree where the other side has it.
    """
    missing = np.concatenate([~union.present, ~union.present, pooled[2 * index.functions :] == 0])
    return np.where(missing, index.places[:, None] * threshold, 0.0)


def with_hidden(counts: FloatArray, hidden: FloatArray, is_after: Bool, ratio: float) -> FloatArray:
    """Return counts of sets, float64[sets, runs], as they would be had a side hidden what speaks for "no change".

    Of what a side may hide, it is given at most what would make both sides equal, spread over its runs.
    """
    if not hidden.any():
        return counts
    pooled = np.stack([counts[:, ~is_after].sum(axis=1), counts[:, is_after].sum(axis=1)], axis=1)
    filled = counts.copy()
    for side, factor in ((0, 1 / ratio), (1, ratio)):
        columns = np.flatnonzero(is_after == bool(side))
        given = np.clip(pooled[:, 1 - side] * factor, 0, hidden[:, side])
        filled[:, columns] += given[:, None] / len(columns)
    return filled
