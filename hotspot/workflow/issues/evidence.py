"""The parts of an issue file that a later draft rewrites: Runtime, Time Contribution, PROFILE and Evidence.

In Evidence hotspot's own lines have a shape of their own: ``  - Head: ...`` with a head of `_HEADS`, and lines
indented by six below. Any other line there is a person's; `remarks` finds them, so that a rewrite keeps them.
"""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hotspot.advice.frame_classes import CLASSES
from hotspot.advice.impact import binomial_interval
from hotspot.analysis.broken_stacks import BrokenStacks, broken_stacks
from hotspot.analysis.peek import PeekEdge
from hotspot.analysis.trust import duration_ns
from hotspot.config import Config
from hotspot.profile import Profile
from hotspot.units import ValueType, human_duration, human_share
from hotspot.workflow.issues import finding_text
from hotspot.workflow.issues.issue_model import UNKNOWN
from hotspot.workflow.issues.issue_text import one_line, paragraph
from hotspot.workflow.issues.measured import Measured
from hotspot.workflow.issues.places import Basis, Charges, Place

_HEADS = (
    "Charged", "Interval", "Self", "Rules", "Lines", "Outside", "Callers", "Callees", "Stack", "Spellings", "Candidates",
    "Not charged", "Filters", "Broken", "Lost", "Data", "Look closer",
)  # fmt: skip
_HEAD = "- "
_BELOW = " " * 4
_STACK_TOP, _STACK_NEAR, _STACK_BOTTOM = 3, 5, 6
_MOST_LOSSES = 10
_MOST_CANDIDATES = 10
_NAME = 110


@dataclass(frozen=True)
class Subject:
    """One profile of one project, as issue texts speak of it.

    Attributes:
        path: how the profile is called in the files: relative to the root where it lies there.
    """

    charges: Charges
    config: Config
    path: str

    @property
    def profile(self) -> Profile:
        """The profile."""
        return self.charges.profile

    @cached_property
    def broken(self) -> BrokenStacks:
        """What of the profile has lost its callers, and so may be charged to nobody or to the wrong place."""
        return broken_stacks(self.profile)

    @property
    def noun(self) -> str:
        """What the weights are shares of: ``time``, or a value type that is none."""
        return noun(self.profile.value_type)


def shown_path(profile: Profile, config: Config) -> str:
    """Return how issue files call a profile: relative to the root where it lies there, else as it was given."""
    path = profile.provenance.path
    if not path:
        return one_line(profile.label) or UNKNOWN
    if path == "-":
        return "standard input"
    absolute = Path(os.path.abspath(path))
    inside = absolute.is_relative_to(config.root)
    return one_line(str(absolute.relative_to(config.root)) if inside else path)


# Event names whose count stands for time spent; modifiers (`cycles:u`, `cpu_core/cycles/`) are cut off before.
_TIME_LIKE = frozenset(
    {
        "samples",
        "cpu",
        "wall",
        "cpu-clock",
        "task-clock",
        "cycles",
        "cpu-cycles",
        "ref-cycles",
        "time",
        "itimer",
    }
)


def noun(value_type: ValueType) -> str:
    """Return ``time`` where weights stand for time, else what they are: ``alloc_space``, ``page-faults``."""
    event = value_type.type.removesuffix("/samples")
    plain = re.sub(r"^cpu_\w+/|/$|:\w+$|/\w*$", "", event)
    if value_type.is_time or plain in _TIME_LIKE:
        return "time"
    return one_line(event, 40)


def runtime(profile: Profile) -> str:
    """Return what was sampled in all: ``4.21 s sampled``, or ``unknown`` with what is known instead."""
    count = profile.sample_count
    samples = f"{count:,} samples" if count is not None else profile.value_type.human(profile.whole)
    columns = [profile.selected, *range(len(profile.value_types))]
    for column in columns:
        value_type = profile.value_types[column]
        if value_type.is_time:
            hidden = profile.hidden[column] if profile.hidden else 0
            return f"{value_type.human(int(profile.samples.weight[:, column].sum()) + hidden)} sampled"
    duration = duration_ns(profile)
    if duration:
        return f"{human_duration(duration)} recorded ({samples})"
    return f"{UNKNOWN} ({samples})"


def profile_line(profile: Profile, path: str) -> str:
    """Return ``flamegraph.svg (sha256 0f3c..., 4,213 samples)``; the whole hash is in Evidence."""
    digest = f"{profile.provenance.sha256[:12]}..." if profile.provenance.sha256 else UNKNOWN
    return f"{path} (sha256 {digest}, {_extent(profile)})"


def samples_of(line: str) -> int | None:
    """Return the number of samples that a `profile_line` tells, None where it tells none."""
    found = re.search(r"\(.*?([\d,]+) samples\)$", line)
    return int(found[1].replace(",", "")) if found and found[1].strip(",") else None


def why_not_charged(basis: Basis) -> str:
    """Say what is true of the weight that no place answers for."""
    if basis is Basis.IN_APP:
        return "is under no function that is known to be the project's"
    return "is under no function that could answer for it (idle, without names, kernel only)"


def contribution(subject: Subject, place: Place) -> str:
    """Return ``31.4% of total execution``; what is no time says what it is."""
    whole = "execution" if subject.noun == "time" else subject.noun
    return f"{human_share(place.share)} of total {whole}"


def evidence(subject: Subject, place: Place, measured: Measured) -> str:
    """Return the text of Evidence."""
    profile = subject.profile
    out = [_item("Charged", _charged(profile, place))]
    out += _interval(profile, place)
    out.append(
        _item(
            "Self",
            f"{_amount(profile, place.self_weight)}; total, with all that it calls: "
            f"{_amount(profile, place.total_weight)}.",
        )
    )
    out += _rules(place, measured)
    out += _lines(subject, place, measured)
    out += _outside(profile, measured)
    for head, edges in (("Callers", measured.callers), ("Callees", measured.callees)):
        rows = [(e.share_of_function, _edge(e, place)) for e in edges]
        out += _table(f"{head} (shares of its total)", rows)
    out += _stack(profile, measured)
    out += _spellings(place)
    out += _candidates(place)
    out += _caveats(subject)
    out.append(_item("Data", f"{subject.path} ({_source(profile)})"))
    out.append(f"{_BELOW}sha256 {profile.provenance.sha256 or UNKNOWN}\n")
    out += _look_closer(subject, place)
    return "".join(out)


def remarks(block: str) -> str:
    """Return the lines of an Evidence block that a person wrote: raw, in their order.

    Args:
        block: raw, the label's line included.
    """
    kept: list[str] = []
    waiting: list[str] = []  # blank lines go with the line they stand before
    machine = True
    for line in re.findall(r"[^\n]*\n|[^\n]+", block)[1:]:
        if not line.strip():
            waiting.append(line)
            continue
        if _MACHINE.match(line):
            machine = True
        elif not (machine and line.startswith(_INDENTED) and not waiting):
            machine = False
        if not machine:
            kept += [*waiting, line]
        waiting = []
    return "".join(kept)


_INDENTED = f"  {_BELOW}"
_MACHINE = re.compile(rf"^  {_HEAD}(?:{'|'.join(_HEADS)})(?: \([^)\n]*\))?:(?:\s|$)")


# -- items ----------------------------------------------------------------------------------------------------


def _item(head: str, text: str) -> str:
    return paragraph(f"{head}: {text}", indent=_BELOW, first=_HEAD)


def _table(head: str, rows: list[tuple[float, str]]) -> list[str]:
    if not rows:
        return []
    lines = [f"{_BELOW}{human_share(share):>6}  {text}\n" for share, text in rows]
    return [f"{_HEAD}{head}:\n", *lines]


def _extent(profile: Profile) -> str:
    """How much was recorded: samples where they are counted, else the total weight."""
    count = profile.sample_count
    if profile.hidden_weight or count is None:
        return profile.value_type.human(profile.whole) + (
            " samples" if profile.value_type.counts_samples else ""
        )
    return f"{count:,} samples"


def _charged(profile: Profile, place: Place) -> str:
    value_type, count = profile.value_type, profile.sample_count
    unit = " samples" if value_type.counts_samples else ""
    parts = [f"{value_type.human(place.weight)} of {value_type.human(profile.whole)}{unit}"]
    if not unit and place.samples is not None and count is not None:
        parts.append(f"{place.samples:,} of {count:,} samples")
    return f"{human_share(place.share)} ({'; '.join(parts)})."


def _amount(profile: Profile, weight: int) -> str:
    unit = " samples" if profile.value_type.counts_samples else ""
    return f"{human_share(profile.share(weight))} ({profile.value_type.human(weight)}{unit})"


def _interval(profile: Profile, place: Place) -> list[str]:
    count = profile.sample_count
    if place.samples is None or not count or profile.hidden_weight:
        return []
    low, high = binomial_interval(place.samples, count)
    return [
        _item(
            "Interval",
            f"{human_share(low)} to {human_share(high)} of the samples (95%, binomial). This is sampling noise "
            "alone; from run to run it can be more.",
        )
    ]


def _rules(place: Place, measured: Measured) -> list[str]:
    rows = finding_text.evidence_rows(measured.findings, place.file or UNKNOWN)
    if not rows:
        return []
    return [
        f"{_HEAD}Rules (what they matched, with its share):\n",
        *(f"{_BELOW}{share:>6}  {text}\n" for share, text in rows),
    ]


def _lines(subject: Subject, place: Place, measured: Measured) -> list[str]:
    file = one_line(place.file or place.recorded_file or UNKNOWN)
    rows = [
        (
            subject.profile.share(charged.weight),
            f"{file}:{charged.line}  {one_line(charged.code, 100)}".rstrip(),
        )
        for charged in measured.lines
    ]
    quoted = any(charged.code for charged in measured.lines)
    return _table("Lines (charged; code as of this draft)" if quoted else "Lines (charged)", rows)


def _outside(profile: Profile, measured: Measured) -> list[str]:
    rows = [
        (
            profile.share(found.weight),
            f"{_with_file(found.function, found.home)}: {CLASSES[found.class_id].phrase}",
        )
        for found in measured.outside
    ]
    return _table("Outside (calls out of the project's code, charged to it)", rows)


def _edge(edge: PeekEdge, place: Place) -> str:
    text = _with_file(edge.function, edge.file or (edge.module or "").rsplit("/", 1)[-1])
    return f"{text}, recursion" if edge.function == place.spellings[0] else text


def _with_file(function: str, place: str | None) -> str:
    return one_line(f"{function} ({place})" if place else function, _NAME)


def _stack(profile: Profile, measured: Measured) -> list[str]:
    frames, at = measured.stack, measured.stack_place
    # Long stacks are cut to where they begin, to what is around the place, and to where they end.
    near = {*range(_STACK_TOP), *range(at - _STACK_NEAR, at + _STACK_NEAR + 1)}
    shown = sorted({i for i in near if 0 <= i < len(frames)} | set(range(len(frames))[-_STACK_BOTTOM:]))
    head = f"Stack (the heaviest, {human_share(profile.share(measured.stack_weight))}, root first)"
    lines = [f"{_HEAD}{head}:\n"]
    for previous, i in zip([-1, *shown], shown, strict=False):
        if i > previous + 1:
            lines.append(f"{_BELOW}... {i - previous - 1:,} more ...\n")
        mark = "  <- this place" if i == at else ""
        lines.append(f"{_BELOW}{one_line(frames[i], _NAME)}{mark}\n")
    return lines


def _spellings(place: Place) -> list[str]:
    if place.spellings == (place.function,) and one_line(place.function) == place.function:
        return []
    names = ", ".join(one_line(name, 1000) for name in place.spellings[:5])
    more = f" and {len(place.spellings) - 5:,} more" if len(place.spellings) > 5 else ""
    return [_item("Spellings", f"in the profile: {names}{more}")]


def _candidates(place: Place) -> list[str]:
    """Where a place may be defined, for the reader to decide."""
    if not place.candidates:
        return []
    rows = [
        f"{_BELOW}{one_line(f'{d.file}:{d.line}  {d.qualified}', _NAME)}\n"
        for d in place.candidates[:_MOST_CANDIDATES]
    ]
    more = len(place.candidates) - len(rows)
    why = "several definitions" if len(place.candidates) > 1 else "a name that many programs have"
    return [
        f"{_HEAD}Candidates ({why}; which is meant is not decided):\n",
        *rows,
        *([f"{_BELOW}... {more:,} more ...\n"] if more else []),
    ]


def _caveats(subject: Subject) -> list[str]:
    profile, uncharged = subject.profile, subject.charges.uncharged
    out = []
    if profile.share(uncharged) >= 0.0005:
        share = human_share(profile.share(uncharged))
        out.append(_item("Not charged", f"{share} of the profile {why_not_charged(subject.charges.basis)}."))
    if profile.hidden_weight:
        share = human_share(profile.share(profile.hidden_weight))
        out.append(_item("Filters", f"{share} of the profile was filtered out; shares are of the whole."))
    if subject.broken.warning is not None:
        out.append(_item("Broken", one_line(subject.broken.warning, 400)))
    losses = profile.provenance.losses
    out += [_item("Lost", one_line(loss.text, 300)) for loss in losses[:_MOST_LOSSES]]
    if len(losses) > _MOST_LOSSES:
        out.append(_item("Lost", f"{len(losses) - _MOST_LOSSES} more, see `hotspot info`."))
    return out


def _source(profile: Profile) -> str:
    parts = [str(profile.value_type), profile.provenance.producer or profile.provenance.format]
    if profile.provenance.runs > 1:
        parts.append(f"{profile.provenance.runs} runs merged")
    return ", ".join(one_line(part) for part in parts if part)


def _look_closer(subject: Subject, place: Place) -> list[str]:
    name = place.spellings[0]
    if not subject.profile.provenance.path or one_line(name, 80) != name or name.startswith(("-", "/")):
        return []
    path = "-" if subject.profile.provenance.path == "-" else shlex.quote(subject.path)
    commands = [f"hotspot peek {shlex.quote(name)} {path}"]
    if place.line is not None:
        commands.insert(0, f"hotspot list {shlex.quote(name)} {path}")
    return [f"{_HEAD}Look closer:\n", *(f"{_BELOW}{command}\n" for command in commands)]
