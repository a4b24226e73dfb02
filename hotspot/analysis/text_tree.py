"""The call tree for reading: heaviest path first, narrow branches summed up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hotspot.analysis.transform import turned_round
from hotspot.profile import Profile


@dataclass(frozen=True)
class TreeRow:
    """One drawn node. ``hidden_children`` were narrower than the minimum share, together ``hidden_weight``."""

    depth: int
    function: str
    file: str | None
    line: int | None
    module: str | None
    self_weight: int
    self_share: float
    total_weight: int
    total_share: float
    hidden_children: int
    hidden_weight: int


@dataclass(frozen=True)
class TextTree:
    """A call tree as rows in drawing order; ``hidden_roots`` were too narrow, together ``hidden_weight``."""

    profile: Profile
    inverted: bool
    min_share: float
    rows: tuple[TreeRow, ...]
    hidden_roots: int
    hidden_weight: int

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        number = self.profile.value_type.number
        return {
            "schema": "hotspot.tree/1",
            "profile": self.profile.to_dict(),
            "inverted": self.inverted,
            "min_share": self.min_share,
            "rows": [
                {
                    "depth": row.depth,
                    "function": row.function,
                    "file": row.file,
                    "line": row.line,
                    "module": row.module,
                    "self": number(row.self_weight),
                    "self_share": row.self_share,
                    "total": number(row.total_weight),
                    "total_share": row.total_share,
                    "hidden_children": row.hidden_children,
                    "hidden_weight": number(row.hidden_weight),
                }
                for row in self.rows
            ],
            "hidden_roots": self.hidden_roots,
            "hidden_weight": number(self.hidden_weight),
        }


def text_tree(profile: Profile, *, inverted: bool = False, min_share: float = 0.01) -> TextTree:
    """Return the call tree to draw.

    Args:
        profile: in its selected value type.
        inverted: leaves become roots and their callers hang below, so that a function's every use is in one place.
        min_share: nodes below this share of the whole (0 to 1) are summed up in their parent's row.
    """
    shown = turned_round(profile) if inverted else profile
    tree, total, own = shown.call_tree, shown.node_total, shown.node_self
    threshold = min_share * abs(profile.whole)
    children = _ChildrenByWeight(shown)
    rows: list[TreeRow] = []
    strings, frames = shown.frames.strings, shown.frames
    roots = children.of(-1)
    drawn_roots = [node for node in roots if abs(int(total[node])) >= threshold]
    pending = drawn_roots[::-1]
    while pending:
        node = pending.pop()
        below = children.of(node)
        drawn = [child for child in below if abs(int(total[child])) >= threshold]
        frame = int(tree.frame[node])
        rows.append(
            TreeRow(
                int(tree.depth[node]),
                strings[int(frames.name[frame])],
                strings[int(frames.file[frame])] or None,
                int(frames.line[frame]) or None,
                strings[int(frames.module[frame])] or None,
                int(own[node]),
                profile.share(int(own[node])),
                int(total[node]),
                profile.share(int(total[node])),
                len(below) - len(drawn),
                int(total[node]) - int(own[node]) - sum(int(total[child]) for child in drawn),
            )
        )
        pending.extend(reversed(drawn))
    return TextTree(
        profile,
        inverted,
        min_share,
        tuple(rows),
        hidden_roots=len(roots) - len(drawn_roots),
        hidden_weight=profile.total - sum(int(total[node]) for node in drawn_roots),
    )


class _ChildrenByWeight:
    """Children of each node, heaviest first; -1 holds the roots. Only nodes with weight are worth a look."""

    def __init__(self, profile: Profile) -> None:
        parent, total = profile.call_tree.parent, profile.node_total
        nodes = np.flatnonzero(total != 0)
        self._child = nodes[np.lexsort((-np.abs(total[nodes]), parent[nodes]))]
        self._bounds = np.searchsorted(parent[self._child], np.arange(-1, len(parent) + 1))

    def of(self, node: int) -> list[int]:
        """Return the children of a node."""
        children: list[int] = self._child[self._bounds[node + 1] : self._bounds[node + 2]].tolist()
        return children
