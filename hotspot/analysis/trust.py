"""How far a profile can be trusted: what is unknown, cut off, or lost."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from hotspot.profile import NO_STACK, LossKind, Profile

_UNKNOWN = re.compile(r"^(?:\[?unknown\]?|\?\?|0x[0-9a-fA-F]+|\[no stack\]|\[unknown:.*\])$")


@dataclass(frozen=True)
class Trust:
    """Facts about a profile's quality.

    Attributes:
        unknown_share: share of the weight whose leaf has no name.
        truncated_share: share of the samples the recorder cut off, or of the weight without any stack.
        skipped_lines: lines of the file that could not be read.
        max_depth: frames of the deepest stack.
    """

    profile: Profile
    unknown_share: float
    truncated_share: float
    skipped_lines: int
    max_depth: int
    duration_ns: int | None

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
        }


def trust(profile: Profile) -> Trust:
    """Return the facts for one profile in its selected value type."""
    frames, tree = profile.frames, profile.call_tree
    is_unknown = np.fromiter((bool(_UNKNOWN.match(s)) for s in frames.strings), bool, len(frames.strings))
    unknown = int(profile.node_self[is_unknown[frames.name[tree.frame]]].sum())
    return Trust(
        profile,
        unknown_share=profile.share(unknown),
        truncated_share=_truncated_share(profile),
        skipped_lines=sum(
            loss.amount or 0 for loss in profile.provenance.losses if loss.kind is LossKind.SKIPPED
        ),
        max_depth=int(tree.depth.max(initial=-1)) + 1,
        duration_ns=duration_ns(profile),
    )


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
