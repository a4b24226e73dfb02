"""From one drawing to a profile: rows, roots, weights, and what the drawing does not tell.

The row ``all`` is a device of the drawing: it is dropped, and its count is the profile's total. What a drawing states
and no drawn root accounts for is kept under the frame `OMITTED`; where a frame of one unit is drawn, none can have
been left out for being narrow, so there it is ``[no stack]``.

A differential drawing gives a second value type, ``delta``: how the weight of the stack that ends in a frame changed.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.errors import MalformedProfile
from hotspot.importers.base import Source
from hotspot.importers.labels import parse_label
from hotspot.importers.svg.columns import Frames, frames_of, int64, whole
from hotspot.importers.svg.counts import SYNTHETIC, Label, exact_deltas
from hotspot.importers.svg.drawing import Column, Drawing
from hotspot.importers.svg.nesting import Nesting, nest
from hotspot.importers.svg.weights import Fit, fill_unknown, fit, largest_hidden
from hotspot.profile import (
    NO_STACK,
    UNKNOWN,
    Bool,
    Int32,
    Int64,
    Loss,
    LossKind,
    ModuleStyle,
    Profile,
    Provenance,
)
from hotspot.units import ValueType

OMITTED = "[omitted]"
"""Holds weight of root frames too narrow to draw, and what flamegraph.pl's ``--total`` adds to the samples."""

_PY_SPY = re.compile(r"\S*\bpy-spy\b")  # the picture is titled with the command line


def read_drawing(drawing: Drawing, labels: Column[Label], text: str, source: Source) -> Profile:
    """Build the profile of one drawing.

    Args:
        drawing: a drawing that holds a frame with a count or with an exact width.
        labels: its labels, taken apart.
        text: the document, for what it tells about its producer.
        source: where it comes from.

    Raises:
        MalformedProfile: a frame lies on no other; coordinates or counts make no sense.
    """
    frames = frames_of(drawing, labels, source.path)
    depth, synthetic = _depth(frames)
    nesting = nest(depth, frames.start, frames.end, frames.weight, frames.name)
    if lost := np.flatnonzero(nesting.parent < -1).tolist():
        names = ", ".join(repr(frames.labels.distinct[i].name) for i in frames.labels.which[lost[:3]])
        more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
        raise MalformedProfile(source.path, f"no caller is drawn next to the frames {names}{more}")
    weight = frames.weight
    if frames.unknown.any():
        weight = fill_unknown(nesting.parent, depth, weight, frames.unknown)
    sums = fit(nesting.parent, depth, weight)
    kind = frames.counts.value_type
    total = int(sums.own[depth == 0].sum())
    outside = int(sums.leaf[synthetic].sum())
    if not synthetic.any() and frames.pixels is None and not frames.factored:
        outside = max(0, whole(drawing.total_samples) - total)
        total += outside
    producer = _producer(drawing, frames, text)
    losses = _losses(drawing, frames, nesting, sums)
    without_stack = _is_without_stack(frames, depth, synthetic)
    if loss := _pruned(frames, sums, total, 0 if without_stack else outside, depth, producer):
        losses.insert(0, loss)
    delta = _deltas(frames, nesting.parent, sums, total if synthetic.any() else 0, source.path)
    if isinstance(delta, Loss):
        losses.append(delta)
        delta = None

    builder = ProfileBuilder((kind,) if delta is None else (kind, _delta_type(kind)))
    columns = [sums.leaf] if delta is None else [sums.leaf, delta]
    style = _add(builder, frames, depth, nesting.parent, synthetic, np.stack(columns, axis=1))
    if outside:
        frame = builder.frames.intern(NO_STACK if without_stack else OMITTED)
        handle = builder.add_nodes([-1], [frame])
        builder.add_samples(handle, [[outside] + [0] * (len(columns) - 1)])
    provenance = Provenance(
        path=source.path,
        checksum=source.checksum,
        format="svg",
        producer=producer,
        losses=tuple(losses),
        module_style=style,
    )
    return builder.build(provenance)


def _depth(frames: Frames) -> tuple[Int32, Bool]:
    """Find the roots: the heavier one of the outermost rows, or ``all`` where both are equal.

    Returns:
        The depth of each frame, int32[frames], and which frames are the drawing's own ``all``.
    """
    last = frames.row.max()
    named = np.array([label.name in SYNTHETIC for label in frames.labels.distinct])[frames.labels.which]
    top, bottom = frames.row == 0, frames.row == last
    heavy = [int(frames.weight[row].sum()) for row in (top, bottom)]
    alike = abs(heavy[0] - heavy[1]) * 100 <= max(heavy)  # rounded counts may differ a little
    only_all = [bool(named[row].all()) for row in (top, bottom)]
    inverted = only_all[0] if alike and only_all[0] != only_all[1] else heavy[0] > heavy[1]
    depth = frames.row if inverted else last - frames.row
    roots = depth == 0
    synthetic = roots & named if bool(named[roots].all()) else np.zeros_like(roots)
    return depth.astype(np.int32), synthetic


# -- output ---------------------------------------------------------------------------------------


def _add(
    builder: ProfileBuilder, frames: Frames, depth: Int32, parent: Int32, synthetic: Bool, weights: Int64
) -> ModuleStyle:
    """Add nodes and weights; return how the drawing spells modules."""
    order = np.lexsort((frames.start, depth))
    order = order[~synthetic[order]]
    position = np.full(len(depth), -1, dtype=np.int32)
    position[order] = np.arange(len(order), dtype=np.int32)
    above = parent[order]
    style = ModuleStyle.NONE
    # Frames of one name are one frame, interned in the order in which the names come.
    names, first, name = np.unique(frames.name[order], return_index=True, return_inverse=True)
    frame_of = np.empty(len(names), dtype=np.int32)
    for i in np.argsort(first).tolist():
        label = parse_label(frames.labels.distinct[frames.labels.which[order[first[i]]]].name or UNKNOWN)
        style = style or label.module_style
        frame_of[i] = builder.frames.intern(label.name, label.file, label.line, label.module, label.kind)
    ids = frame_of[name.reshape(-1)]
    handles = builder.add_nodes(np.where(above < 0, -1, position[above]), ids)
    weighing = (weights[order] != 0).any(axis=1)
    builder.add_samples(handles[weighing], weights[order][weighing])
    return style


def _delta_type(kind: ValueType) -> ValueType:
    return replace(kind, type="delta" if kind.type != "delta" else "change")


def _deltas(frames: Frames, parent: Int32, sums: Fit, total: int, path: str) -> Int64 | Loss | None:
    """Return by how much the weight of each frame's own stack changed, int64[frames]; None for no differential.

    The percentages of flamegraph.pl and inferno are of the stack that ends in the frame. The counts of 2011 are of
    the first stack that reaches it: its own, which sorts first, or else one that a callee shows as well.
    """
    labels, which = frames.labels.distinct, frames.labels.which
    if any(label.weight is not None for label in labels):
        shown = int64([int(label.weight or 0) for label in labels], path)[which]
        inner = np.zeros(len(parent), dtype=bool)
        inner[parent[parent >= 0]] = True
        return np.where((sums.leaf > 0) | ~inner, shown, 0)
    if all(label.delta_share is None for label in labels):
        return None
    exact = exact_deltas(labels, total)
    if exact is not None:
        return int64(exact, path)[which]
    frames_with = int(np.count_nonzero([labels[i].delta_share is not None for i in which.tolist()]))
    return Loss(
        LossKind.DROPPED,
        "the drawing is differential, but its differences are percentages that no exact count follows from",
        frames_with,
    )


# -- what is told about the file ------------------------------------------------------------------


def _producer(drawing: Drawing, frames: Frames, text: str) -> str:
    if drawing.is_complete:
        return "hotspot"
    if _PY_SPY.match(drawing.caption):
        return "py-spy"
    if "github.com/jonhoo/inferno" in text or "<!--Flame graph stack" in text:
        return "inferno"
    full = {label.share for label in frames.labels.distinct if label.name == "all"}
    if full == {"100.00"} and drawing.columns.fill.first.startswith("#"):
        return "async-profiler"
    if drawing.hovers:
        return f"flamegraph.pl ({'2013 to 2015' if drawing.titles else '2011 to 2013'})"
    if 'onmouseover="s(this)"' in text:
        return "flamegraph.pl (2015 to 2017)"
    return "flamegraph.pl" if "Flame graph stack visualization" in text else ""


def _is_without_stack(frames: Frames, depth: Int32, synthetic: Bool) -> bool:
    """Say whether what no root accounts for are samples without frames, not frames that were left out.

    flamegraph.pl draws such samples as a gap at the left end, where their empty stack sorts; and nothing that
    weighs a whole unit is left out where a frame of one unit is drawn.
    """
    kind = frames.counts.value_type
    if kind.is_time or kind.scale != 1 or int(frames.weight.min()) != 1 or not synthetic.any():
        return False
    roots = depth == 1
    return bool(roots.any()) and int(frames.start[roots].min()) > int(frames.start[synthetic].min())


def _pruned(frames: Frames, sums: Fit, total: int, outside: int, depth: Int32, producer: str) -> Loss | None:
    """Say what may be hidden: by the minimum width each tool has by default, in pixels or as a share of the total."""
    if frames.pixels is None:
        per_cent = 0.1 if producer == "py-spy" else 0.01
        threshold, narrow = total * per_cent / 100, f"{per_cent:g}% of the total"
    else:
        roots = depth == 0
        width = float(frames.end[roots].max() - frames.start[roots].min()) / frames.pixels
        minimum = 1.0 if producer == "async-profiler" else 0.1
        threshold, narrow = total * minimum / width if width > 0 else 0.0, f"{minimum:g} px"
    lightest = int(frames.weight[~frames.unknown].min())
    hidden = (
        largest_hidden(threshold, lightest, max(int(sums.leaf.max()), outside))
        if producer != "hotspot"
        else 0
    )
    if outside:  # something is hidden, so the minimum width was not the default
        hidden = max(hidden, min(outside, lightest - 1))
    show, unit = frames.counts.value_type.exact, frames.counts.unit_text
    texts: list[str] = []
    if hidden > 0:
        texts.append(
            f"frames narrower than {narrow} are not drawn (the tool's default); one of them can weigh {show(hidden)} {unit} at most, which "
            f"its caller has as self (the lightest frame drawn weighs {show(lightest)})"
        )
    if outside:
        texts.append(
            f"{show(outside)} {unit} belong to no root frame that is drawn and are kept as {OMITTED}"
        )
    return Loss(LossKind.PRUNED, "; ".join(texts), max(hidden, 0)) if texts else None


def _losses(drawing: Drawing, frames: Frames, nesting: Nesting, sums: Fit) -> list[Loss]:
    show = frames.counts.value_type.exact
    unit = frames.counts.unit_text
    losses: list[Loss] = []
    if sums.overfull:
        text = (
            f"the callees of {sums.overfull} frames add up to {show(sums.excess)} {unit} more than their callers; "
            "the callers are believed, and the callees reduced in proportion"
        )
        losses.append(Loss(LossKind.INCONSISTENT, text, sums.overfull))
    if nesting.protruding:
        text = f"{nesting.protruding} frames stick out of the frame they lie on; they are read as its callees"
        losses.append(Loss(LossKind.INCONSISTENT, text, nesting.protruding))
    if unknown := int(np.count_nonzero(frames.unknown)):
        text = f"{unknown} frames have a title without a count; they are given the sum of their callees"
        losses.append(Loss(LossKind.INCONSISTENT, text, unknown))
    if nesting.ambiguous:
        text = (
            f"{nesting.ambiguous} frames are narrower than the coordinates tell apart; each is read as a callee of "
            "the likeliest of the frames next to each other below it"
        )
        losses.append(Loss(LossKind.ROUNDED, text, nesting.ambiguous))
    if frames.factored or frames.counts.rounded:
        losses.append(Loss(LossKind.ROUNDED, "the counts were multiplied by a factor and rounded"))
    if drawing.abbreviated:
        text = f"{drawing.abbreviated} frames have no title; their names are the texts drawn on them, which may be cut"
        losses.append(Loss(LossKind.DROPPED, text, drawing.abbreviated))
    return losses
