"""Opens a trace: an object, an array, or an array that was never closed.

Events are handed on as raw JSON, one slice of the file each, and decoded one at a time. A trace of some hundred
megabytes costs its own size and about 100 bytes an event.

The array form may lack its closing bracket ("the ']' at the end is optional"), so that a program can write events
until it dies; the same happens to objects. A file that ends within an event loses that event only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from hotspot.errors import MalformedProfile
from hotspot.importers._web_json import decode, malformed, mended, outline, readable
from hotspot.importers.chrome_trace.shapes import Metadata, StackFrame, TraceObject
from hotspot.profile import Loss, LossKind

_EVENTS = re.compile(r'"traceEvents"\s*:\s*\[')
_SPACE = re.compile(r"[\s,]*")
_LONGEST_WORD = 8  # "false", "\\u00e9" and a space or two


@dataclass(frozen=True)
class Trace:
    """A trace, its events not yet decoded.

    Attributes:
        events: JSON of each event.
        place: what to call an event in an error: ``traceEvents`` or nothing.
        samples: JSON of each row of ``samples``.
        stack_frames: by id.
        producer: as far as the file tells.
        is_clang: whether clang wrote it.
        losses: of opening it.
    """

    events: Sequence[msgspec.Raw]
    place: str
    samples: Sequence[msgspec.Raw]
    stack_frames: dict[str, StackFrame]
    producer: str
    is_clang: bool
    losses: tuple[Loss, ...]


def open_trace(path: str, data: bytes) -> Trace:
    """Open a trace.

    Raises:
        MalformedProfile: it is not JSON, apart from a missing end.
    """
    seen = outline(data[: 1 << 16])
    if seen is None:
        raise MalformedProfile(path, "neither a JSON object nor an array")
    losses: tuple[Loss, ...] = ()
    content: list[msgspec.Raw] | TraceObject
    try:
        content = _read(data, seen.is_array)
    except UnicodeDecodeError:
        return open_trace(path, readable(data))
    except (msgspec.ValidationError, RecursionError) as error:
        raise malformed(path, error, len(data)) from error
    except msgspec.DecodeError as error:
        ended = None
        complaint = malformed(path, error, len(data))
        if (better := mended(data, complaint)) is not None:
            return open_trace(path, better)
        if complaint.offset is not None and len(data.rstrip()) - complaint.offset <= _LONGEST_WORD:
            ended = _ended(data, seen.is_array)
        if ended is None:
            raise complaint from error
        content, losses = ended
    if not isinstance(content, TraceObject):
        return Trace(content, "", (), {}, "", False, losses)
    if content.trace_events is None and content.stack_frames is None:
        raise MalformedProfile(path, "no traceEvents, which a trace has")
    return Trace(
        content.trace_events or (),
        "traceEvents",
        content.samples or (),
        content.stack_frames or {},
        _producer(path, content),
        content.beginning_of_time is not None,
        losses,
    )


def _read(data: bytes, is_array: bool) -> list[msgspec.Raw] | TraceObject:
    if is_array:
        return msgspec.json.decode(data, type=list[msgspec.Raw])
    return msgspec.json.decode(data, type=TraceObject)


def _ended(data: bytes, is_array: bool) -> tuple[list[msgspec.Raw] | TraceObject, tuple[Loss, ...]] | None:
    """Read a trace that lacks its end, or return None where something else is wrong with it."""
    rest = data.rstrip()
    if is_array:
        rest = rest.removesuffix(b"]").rstrip()  # as in ",]"
    rest = rest.removesuffix(b",")
    for closing in (b"]",) if is_array else (b"]}", b"}"):
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            return _read(rest + closing, is_array), ()
    events = _complete_events(data.decode("utf-8", "surrogateescape").rstrip(), is_array)
    if events is None:
        return None
    loss = Loss(LossKind.INCONSISTENT, "the file ends early; what was being written is left out", 1)
    return (events if is_array else TraceObject(trace_events=events)), (loss,)


def _complete_events(text: str, is_array: bool) -> list[msgspec.Raw] | None:
    """Return all events before the one that the text ends in; None where the text is wrong before its end."""
    start = _EVENTS.search(text)
    at = text.index("[") + 1 if is_array else start.end() if start else len(text)
    scan = json.JSONDecoder().raw_decode
    events: list[msgspec.Raw] = []
    while True:
        begin = _skip(text, at)
        if text[begin : begin + 1] != "{":
            over = begin == len(text) or (
                text[begin] == "]" and not is_array
            )  # what follows the events is cut off
            return events if over and events else None
        try:
            _, at = scan(text, begin)
        except RecursionError:
            return None
        except json.JSONDecodeError as error:
            # What is cut off is complained about where it begins: a string of any length, or a short word or escape.
            cut = len(text) - error.pos <= _LONGEST_WORD or error.msg.startswith("Unterminated string")
            return events if cut and events else None
        events.append(msgspec.Raw(text[begin:at].encode("utf-8", "surrogateescape")))


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _producer(path: str, trace: TraceObject) -> str:
    """Name the program, as far as the keys tell that it puts beside the events."""
    if trace.beginning_of_time is not None:
        return "clang"
    if trace.viztracer_metadata is not None:
        return "VizTracer"
    if trace.schema_version is not None and trace.trace_name is not None:
        return "PyTorch"
    if b'"product-version"' not in bytes(trace.metadata):
        return ""
    return decode(path, bytes(trace.metadata), Metadata, at="metadata").product_version or ""
