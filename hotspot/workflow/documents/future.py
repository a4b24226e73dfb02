"""``research/NN-future-optimizations.md``: the criteria are not met. What was achieved, why more is hard, what to choose.

The blocks are hotspot's and follow the state; what stands below them is asked of a person, once.
"""

from __future__ import annotations

import datetime
from pathlib import Path

from hotspot.config import Config
from hotspot.units import human_share
from hotspot.workflow.documents.block import Block, Document, new_block, parse_document
from hotspot.workflow.documents.document_file import read_text, write_text
from hotspot.workflow.documents.ending import Ending, Left
from hotspot.workflow.documents.prose import flat, table_row
from hotspot.workflow.documents.research import ASK, note_named, note_path, questions
from hotspot.workflow.documents.summary import applied_line, reached_lines

NAME = "future-optimizations"
_CHANGES = ("#", "Candidate", "Share", "Expected gain", "Proposed")
_COMPLEXITY = ("Candidate", "Complexity", "Risk")

_ASKED = {
    "WHY": questions("Why is more hard: what holds the rest of the time, and what keeps it there?"),
    "CHANGES": questions(
        "Which change of representation or architecture is not in the list, and which measurement would show that it pays?"
    ),
    "COMPLEXITY": questions("What would each take, in days, and what could it break?"),
}
_CHOICES = f"""\
Tick one and say why; `hotspot issues finish` asks again afterwards.

- [ ] **Revise the criteria** (`[criteria]` in hotspot.toml): which, to what, and who agrees? {ASK}
- [ ] **Approve a larger change** (`hotspot issues plan --approve N`, or `--add TITLE` first): which? {ASK}
- [ ] **Accept** what was achieved: why is it enough? {ASK}
"""


def write_future(config: Config, ending: Ending, today: datetime.date) -> Path:
    """Write the document, or bring the newest one up to date, and return its path.

    Raises:
        UnreadableInput: it is there and cannot be read.
        HotspotError: it cannot be written.
    """
    blocks = _blocks(ending, today)
    path = newest_future(config)
    if path is None:
        path = note_path(config, NAME)
        document = _begun(blocks)
    else:
        document = parse_document(read_text(path) or "")
        for key, lines in blocks.items():
            document = document.updated(key, lines)
    write_text(path, document.text)
    return path


def close_future(config: Config, today: datetime.date) -> None:
    """Say in the document, where there is one, that the criteria are met by now; what a person wrote stays.

    Raises:
        UnreadableInput: it cannot be read.
        HotspotError: it cannot be written.
    """
    path = newest_future(config)
    if path is None:
        return
    document = parse_document(read_text(path) or "")
    met = f"The criteria are met since {today.isoformat()}: perf-issues/WORKLOG.md has the final summary."
    if (block := document.block("ACHIEVED")) is not None and not any(
        "criteria are met since" in line for line in block.lines
    ):
        write_text(path, document.updated("ACHIEVED", [met]).text)


def newest_future(config: Config) -> Path | None:
    """Return the document of the highest number, or None."""
    return note_named(config, NAME)


def is_future(path: Path) -> bool:
    """Whether a note is such a document."""
    return path.stem.partition("-")[2] == NAME


def _begun(blocks: dict[str, list[str]]) -> Document:
    titles = {
        "ACHIEVED": "Achieved",
        "WHY": "Why More Is Hard",
        "CHANGES": "Larger Changes That Might Help",
        "COMPLEXITY": "Complexity",
    }
    pieces: list[str | Block] = ["# Future Optimizations\n\n"]
    for key, lines in blocks.items():
        pieces += [f"## {titles[key]}\n\n", new_block(key, lines), "\n"]
        pieces += [f"{_ASKED[key]}\n\n"] if key in _ASKED else []
    return Document((*pieces, f"## Choices\n\n{_CHOICES}"))


def _blocks(ending: Ending, today: datetime.date) -> dict[str, list[str]]:
    applied = [applied_line(one).replace("](", "](../perf-issues/") for one in ending.applied]
    return {
        "ACHIEVED": [
            *reached_lines(ending, today),
            "",
            *(applied or ["No optimisation is verified."]),
        ],
        "WHY": _why(ending),
        "CHANGES": _changes(ending),
        "COMPLEXITY": _complexity(ending),
    }


def _why(ending: Ending) -> list[str]:
    """What the state says of it; the reason itself is a person's to give."""
    lines = [
        f"- **Missing:** {flat(f'{i.name}: {i.detail}; asked is {i.rule}')}"
        for i in ending.asked
        if i.status != "met"
    ]
    ceiling = _ceiling(ending.left)
    if ceiling is not None:
        lines.append(f"- **Ceiling:** {ceiling}")
    for one in ending.failed:
        measured = one.attempt.measured
        change = f": {measured.benchmark} {measured.change}" if measured else ""
        name = f"{one.stored.name}, attempt {one.attempt.number}"
        link = f"[{one.stored.path.name}](../perf-issues/{one.stored.path.name})"
        lines.append(f"- **{name}:** {one.attempt.verdict}{flat(change)} ({link})")
    lines += [f"- **{name}:** {status}, {flat(why)}" for name, status, why in ending.closed]
    return lines


def _ceiling(left: tuple[Left, ...]) -> str | None:
    """The most that the open candidates can bring (Amdahl's law); shares of one profile add up, others do not."""
    by_profile: dict[str, list[Left]] = {}
    for one in left:
        if one.facts is not None and one.facts.share:
            by_profile.setdefault(one.profile, []).append(one)
    if not by_profile:
        return None
    profile, ones = max(by_profile.items(), key=lambda item: sum(o.facts.share for o in item[1] if o.facts))
    share = sum(one.facts.share for one in ones if one.facts)
    names = ", ".join(f"{one.name} {human_share(one.facts.share)}" for one in ones if one.facts)
    fold = f" ({1 / (1 - share):.2f} times as fast)" if share < 0.995 else ""
    return flat(
        f"the open candidates hold {human_share(share)} ({names}; measured in {profile}). Were all of it gone, the program "
        f"would take that much less time{fold}, and no more."
    )


def _changes(ending: Ending) -> list[str]:
    if not ending.left:
        return [
            "No candidate is open. `hotspot issues` drafts them from a profile of the program as it is now."
        ]
    rows = [
        table_row(
            str(one.number or ""),
            one.name,
            human_share(one.facts.share) if one.facts and one.facts.share else one.said("Current", None),
            one.said("Expected gain", one.facts.gain_words if one.facts else None),
            one.said("Proposed", one.facts.proposed if one.facts else None),
        )
        for one in ending.left
    ]
    return [table_row(*_CHANGES), "|---|---|---:|---|---|", *rows]


def _complexity(ending: Ending) -> list[str]:
    if not ending.left:
        return ["Nothing to judge yet."]
    rows = [
        table_row(
            one.name,
            one.said("Complexity", one.facts.complexity if one.facts else None),
            one.said("Risk", one.facts.risk if one.facts else None),
        )
        for one in ending.left
    ]
    return [table_row(*_COMPLEXITY), "|---|---|---|", *rows]
