"""What Android's ``simpleperf report-sample --show-callchain`` prints: a sample a block.

::

    sample:
      event_type: cpu-clock
      time: 1615206064371520312
      event_count: 250000
      thread_id: 31850
      thread_name: main
      file: /system/lib64/libart.so
      symbol: art::Run(int)
      callchain:
        file: /apex/lib64/libc.so
        symbol: __start_thread

The leaf comes first. Each event type is a value type of its own, beside the number of samples. Source: the Android
NDK's simpleperf documentation, "The report-sample command".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers._collect import Stacks
from hotspot.importers.base import Head, ImporterInfo, ImportOptions, Match, Source
from hotspot.profile import UNKNOWN, Kind, Loss, LossKind, Profile, Provenance, Thread
from hotspot.units import ValueType

INFO = ImporterInfo("simpleperf", "Android simpleperf report-sample", (".simpleperf.txt",))

_LOOKS = re.compile(r"^sample:\s*\n {2}\w+: ", re.MULTILINE)
_SECTION = re.compile(r"(?P<name>\w+):")
_FIELD = re.compile(r"(?P<indent> {2,4})(?P<key>\w+):(?: (?P<value>.*?))?")
_EVENT_TYPE = "  event_type:"
_CLOCKS = ("cpu-clock", "task-clock")


def detect(head: Head) -> Match:
    """A line ``sample:`` with a field below it."""
    return Match.YES if _LOOKS.search(head.text) else Match.NO


@dataclass
class _Sample:
    """Fields of a sample, and file and symbol of each frame, leaf first."""

    fields: dict[str, str] = field(default_factory=dict)
    frames: list[dict[str, str]] = field(default_factory=lambda: [{}])


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read all samples.

    Raises:
        EmptyProfile: there is none.
        MalformedProfile: a count is no whole number, or exceeds int64.
    """
    # Read twice, since the types must be known first and all samples at once are too many to hold.
    events = _events(source.lines())
    if not events:
        raise EmptyProfile(source.path, "no sample in this file")
    stacks = Stacks(*map(_value_type, events), ValueType("samples", "count"))
    first = last = 0
    has_chains = False
    for sample in _samples(source.lines()):
        weights = [0] * len(events)
        if (event := _event(sample.fields.get("event_type", ""))) not in events:
            raise MalformedProfile(source.path, "a sample says no event_type, though another section does")
        weights[events.index(event)] = _whole(sample.fields.get("event_count", "1"), source.path)
        frames = [_frame(stacks, frame) for frame in reversed(sample.frames) if frame]
        tid = _whole(sample.fields.get("thread_id", "0"), source.path)
        stacks.add(frames, *weights, 1, thread=Thread(None, tid, sample.fields.get("thread_name", "")))
        has_chains = has_chains or len(sample.frames) > 1
        if time := _whole(sample.fields.get("time", "0"), source.path):
            first, last = min(first or time, time), max(last, time)
    losses: tuple[Loss, ...] = ()
    if not has_chains:
        text = "no call chains: record with `-g` and report with `--show-callchain`"
        losses = (Loss(LossKind.DROPPED, text),)
    provenance = Provenance(
        source.path, source.checksum, INFO.name, "simpleperf", (last - first) or None, losses
    )
    return [stacks.build(provenance)]


def _samples(lines: Iterable[str]) -> Iterator[_Sample]:
    sample: _Sample | None = None
    for line in lines:
        if section := _SECTION.fullmatch(line):
            if sample:
                yield sample
            sample = _Sample() if section["name"] == "sample" else None
        elif sample is not None and (found := _FIELD.fullmatch(line)):
            key, value = found["key"], found["value"] or ""
            if key not in ("vaddr_in_file", "file", "symbol"):
                sample.fields[key] = value
                continue
            if len(found["indent"]) == 4 and (
                key == "vaddr_in_file" or key in sample.frames[-1] or len(sample.frames) == 1
            ):
                sample.frames.append({})
            sample.frames[-1][key] = value
    if sample:
        yield sample


def _events(lines: Iterable[str]) -> list[str]:
    """Return the types of all samples in the order they come, without taking samples apart."""
    events: dict[str, None] = {}
    silent = 0  # samples that do not say their type
    for line in lines:
        if line == "sample:":
            silent += 1
        elif line.startswith(_EVENT_TYPE):
            silent -= 1
            events[_event(line.removeprefix(_EVENT_TYPE).strip())] = None
    if silent > 0:
        events[_event("")] = None
    return list(events)


def _event(name: str) -> str:
    return name if name not in ("", "samples") else "events"  # `samples` is taken


def _value_type(event: str) -> ValueType:
    return ValueType(event, "nanoseconds" if event.startswith(_CLOCKS) else "count")


def _frame(stacks: Stacks, frame: dict[str, str]) -> int:
    module, name = frame.get("file", ""), frame.get("symbol", "")
    kernel = module.startswith("[kernel") or module.endswith((".ko", "vmlinux"))
    name = UNKNOWN if not name or name == "unknown" else name
    return stacks.builder.frames.intern(name, module=module, kind=Kind.KERNEL if kernel else Kind.USER)


def _whole(text: str, path: str) -> int:
    if not re.fullmatch(r"\d{1,19}", text):
        raise MalformedProfile(path, f"not a whole number: {text[:40]}")
    return int(text)
