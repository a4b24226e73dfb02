"""The ``events`` of an evented profile: frames that open and close, turned into a tree and self times.

No event is looked at alone. An open event *is* a node; its parent, the frame a close event closes, and the frame that
runs after any event are each the last open event before it at some depth, which one sorted list of (depth, position)
answers for all events at once::

    event     O main 0 · O parse 2 · C parse 5 · C main 9
    depth        1          2          1          0          after the event
    runs       main       parse       main        -          for 2, 3, 4
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from hotspot.errors import MalformedProfile
from hotspot.importers.speedscope.numbers import Scaled, read_numbers
from hotspot.profile import Bool, Int64


@dataclass(frozen=True, eq=False)
class Intervals:
    """One evented profile. A node is a call: an open event.

    Attributes:
        frame: index of each node's frame, int64[nodes].
        parent: each node's parent, -1 for a root, int64[nodes]; smaller than the node.
        node: what ran in each interval between two events, int64[intervals].
        weight: how long, int64[intervals], scaled.
        begin: since when, int64[intervals], scaled.
        scale: see `Scaled`.
        rounded: see `Scaled`.
        idle: how long nothing ran between the first event and the last, scaled.
        gaps: how often.
    """

    frame: Int64
    parent: Int64
    node: Int64
    weight: Int64
    begin: Int64
    scale: int
    rounded: bool
    idle: int
    gaps: int


@dataclass(frozen=True, eq=False)
class _Events:
    opens: Bool
    frame: Int64
    at: Scaled


def read_events(raw: bytes, frame_names: list[str], path: str, place: str) -> Intervals:
    """Read the list of events.

    Args:
        raw: valid JSON.
        frame_names: the file's frames; the names are for errors.
        path: for errors.
        place: JSON path of the list, for errors.

    Raises:
        MalformedProfile: it is no list of events, or frames do not open and close as calls do.
    """
    events = _decode(raw, path, place)
    is_open, frame, at = events.opens, events.frame, events.at.values
    unknown = (frame < 0) | (frame >= len(frame_names))
    if unknown.any():
        first = int(np.argmax(unknown))
        raise MalformedProfile(
            path,
            f"frame {frame[first]} does not exist (the file has {len(frame_names)}) - at `{place}[{first}]`",
        )
    depth = np.cumsum(np.where(is_open, 1, -1))
    opens = np.flatnonzero(is_open)
    last_open = _LastOpen(opens, depth[opens], len(frame))
    _check(events, frame_names, depth, last_open, path, place)
    above = depth[opens] - 1
    parent = np.full(len(opens), -1, dtype=np.int64)
    parent[above > 0] = last_open.before(opens[above > 0], above[above > 0])
    weight = np.diff(at)
    ran = (depth[:-1] > 0) & (weight > 0)
    gaps = (depth[:-1] == 0) & (weight > 0)
    running = np.flatnonzero(ran)
    return Intervals(
        frame=frame[opens],
        parent=parent,
        node=last_open.before(running, depth[running]),
        weight=weight[running],
        begin=at[running],
        scale=events.at.scale,
        rounded=events.at.rounded,
        idle=int(weight[gaps].sum()),
        gaps=int(np.count_nonzero(gaps)),
    )


class _LastOpen:
    """Finds the last open event at a depth before, or at, a position."""

    def __init__(self, opens: Int64, depth: Int64, events: int) -> None:
        self._events = events
        self._by_depth = np.lexsort((opens, depth))
        self._key = depth[self._by_depth] * events + opens[self._by_depth]

    def before(self, position: Int64, depth: Int64) -> Int64:
        """Return which open event, counting open events only, int64[n]; one must exist."""
        found = np.searchsorted(self._key, depth * self._events + position, side="right") - 1
        result: Int64 = self._by_depth[np.maximum(found, 0)]
        return result


def _decode(raw: bytes, path: str, place: str) -> _Events:
    decoded: list[Any] = []

    def at(number: type) -> list[Any]:
        event = msgspec.defstruct(
            "event", [("type", Literal["O", "C"]), ("frame", int), ("at", number)], gc=False
        )
        decoded[:] = msgspec.json.decode(raw, type=list[event])  # type: ignore[valid-type]  # made above
        return [event.at for event in decoded]

    try:
        times = read_numbers(raw, at)
        if len(times.values) and int(times.values.max()) - int(times.values.min()) >= 2**63:
            raise OverflowError("intervals too long")
        frame = np.fromiter((event.frame for event in decoded), np.int64, len(decoded))
    except msgspec.ValidationError as error:
        raise MalformedProfile(path, str(error).replace("$", place, 1)) from error
    except OverflowError as error:
        raise MalformedProfile(path, f"a number is too large - at `{place}`") from error
    opens = np.fromiter((event.type == "O" for event in decoded), bool, len(decoded))
    return _Events(opens, frame, times)


def _check(
    events: _Events,
    names: list[str],
    depth: npt.NDArray[np.int64],
    last_open: _LastOpen,
    path: str,
    place: str,
) -> None:
    """Refuse the first event that does not fit the ones before it."""
    is_open, frame, at = events.opens, events.frame, events.at.values
    closes = np.flatnonzero(~is_open)
    backwards = np.flatnonzero(np.diff(at) < 0) + 1
    none_open = np.flatnonzero(depth < 0)
    opened = last_open.before(closes, depth[closes] + 1) if len(closes) < len(frame) else closes[:0]
    opens = np.flatnonzero(is_open)
    other = closes[frame[opens[opened]] != frame[closes]] if len(opened) else closes[:0]
    first = min((int(found[0]) for found in (backwards, none_open, other) if len(found)), default=-1)
    if first >= 0:
        name = names[frame[first]]
        if first in backwards[:1]:
            reason = f"the event lies before the one ahead of it, value {_number(events.at, first)}"
        elif first in none_open[:1]:
            reason = f"frame {name!r} closes while none is open, value {_number(events.at, first)}"
        else:
            running = names[frame[opens[opened[np.searchsorted(closes, first)]]]]
            reason = f"frame {name!r} closes while {running!r} is running, value {_number(events.at, first)}"
        raise MalformedProfile(path, f"{reason} - at `{place}[{first}]`")
    if len(depth) and depth[-1] > 0:
        last = opens[last_open.before(np.array([len(frame)]), depth[-1:])[0]]
        raise MalformedProfile(path, f"frame {names[frame[last]]!r} is never closed - at `{place}[{last}]`")


def _number(at: Scaled, event: int) -> int | float:
    whole, rest = divmod(int(at.values[event]), at.scale)
    return int(at.values[event]) / at.scale if rest else whole
