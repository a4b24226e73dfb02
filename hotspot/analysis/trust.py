"""How far a profile can be trusted: what is unknown, cut off, or lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from hotspot.analysis.broken_stacks import WORTH_SAYING, BrokenStacks, broken_stacks, is_nameless
from hotspot.profile import NO_STACK, LossKind, Profile
from hotspot.units import human_share


@dataclass(frozen=True)
class Trust:
    """Facts about a profile's quality.

    Attributes:
        unknown_share: share of the weight whose leaf has no name.
        truncated_share: share of the samples the recorder cut off, or of the weight without any stack.
        skipped_lines: lines of the file that could not be read.
        broken_share: share of the weight whose callers are lost: see `hotspot.analysis.broken_stacks`.
        max_depth: frames of the deepest stack.
        advice: one sentence for each thing that can be done better next time, the gravest first.
    """

    profile: Profile
    unknown_share: float
    truncated_share: float
    skipped_lines: int
    broken_share: float
    max_depth: int
    duration_ns: int | None
    advice: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the contract's JSON object."""
        profile = self.profile
        return {
            "schema": "hotspot.info/1",
            **profile.to_dict(),
            "value_types": [v.to_dict() for v in profile.value_types],
            "threads": len(profile.threads),
            "frames": len(profile.frames),
            "nodes": len(profile.call_tree),
            "max_depth": self.max_depth,
            "duration_ns": self.duration_ns,
            "unknown_share": self.unknown_share,
            "truncated_share": self.truncated_share,
            "skipped_lines": self.skipped_lines,
            "broken_share": self.broken_share,
            "advice": list(self.advice),
        }


def trust(profile: Profile) -> Trust:
    """Return the facts for one profile in its selected value type."""
    frames, tree = profile.frames, profile.call_tree
    is_unknown = np.fromiter((is_nameless(s) for s in frames.strings), bool, len(frames.strings))
    unnamed = is_unknown[frames.name[tree.frame]]
    unknown = profile.share(int(profile.node_self[unnamed].sum()))
    truncated, broken = _truncated_share(profile), broken_stacks(profile)
    skipped = sum(loss.amount or 0 for loss in profile.provenance.losses if loss.kind is LossKind.SKIPPED)
    return Trust(
        profile,
        unknown_share=unknown,
        truncated_share=truncated,
        skipped_lines=skipped,
        broken_share=broken.share,
        max_depth=int(tree.depth.max(initial=-1)) + 1,
        duration_ns=duration_ns(profile),
        advice=tuple(_advice(profile, unknown, truncated, broken)),
    )


def _advice(profile: Profile, unknown: float, truncated: float, broken: BrokenStacks) -> Iterator[str]:
    samples = profile.sample_count
    if samples is not None and samples < _FEW_SAMPLES:
        share = human_share(min(_SAMPLES_FOR_A_SHARE / samples, 1.0)) if samples else "anything"
        yield (
            f"Few samples ({samples:,}): shares below about {share} are guesses; record longer or at a higher rate."
        )
    if broken.warning is not None:
        yield broken.warning
    if unknown >= WORTH_SAYING:
        yield (
            f"{human_share(unknown)} of the weight has no function name: install the debug symbols of the modules "
            "concerned (`hotspot top --by module --focus unknown`) and convert on the machine that recorded."
        )
    if truncated >= WORTH_SAYING / 5:
        yield (
            f"{human_share(truncated)} of the stacks are cut off: raise the limit where it is recorded "
            "(kernel.perf_event_max_stack for perf)."
        )
    if any(loss.kind is LossKind.PRUNED for loss in profile.provenance.losses):
        yield (
            "Narrow frames were left out: keep the folded stacks beside a drawing, or draw with --minwidth 0 "
            "(massif: record with --threshold=0), so that small functions can be told from absent ones."
        )


_FEW_SAMPLES = 1000
_SAMPLES_FOR_A_SHARE = 16  # a share of 16 samples has a standard error of a quarter of itself


def duration_ns(profile: Profile) -> int | None:
    """Return the wall-clock time covered: as the file says, else from the first to the last sample."""
    if profile.provenance.duration_ns is not None:
        return profile.provenance.duration_ns
    time = profile.samples.time
    if time is None or len(time) < 2:
        return None
    return int(time.max() - time.min())


def _truncated_share(profile: Profile) -> float:
    cut = sum(loss.amount or 0 for loss in profile.provenance.losses if loss.kind is LossKind.TRUNCATED)
    samples = profile.sample_count
    if cut and samples:
        return min(cut / samples, 1.0)
    strings = profile.frames.strings
    if NO_STACK not in strings:
        return 0.0
    nodes = profile.frames.name[profile.call_tree.frame] == strings.index(NO_STACK)
    return profile.share(int(profile.node_self[nodes].sum()))
