"""What a commit message claims: that something got faster, by which figures, for which issues.

Shared by the check of commit messages and the review of a change, so that both call the same words a claim.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_NUMBER = r"\d[\d_,]*(?:\.\d+)?"
_UNIT = r"(?:\s?(?:[a-zA-Zµ%][\w/%]*))?"
_ARROW = r"\s*(?:->|→|=>|\bto\b)\s*"
# `12.3 ms -> 8.1 ms`, `40% to 12%`, or `1.34x on parse`.
_FIGURES = re.compile(rf"(?<![\w.]){_NUMBER}{_UNIT}{_ARROW}{_NUMBER}{_UNIT}|(?<![\w.])\d+(?:\.\d+)?x on \S+")
_CLAIM = re.compile(
    r"\b(?:faster|quicker|speed(?:s|ed)?[ -]?up|optimi[sz]\w*|perf(?:ormance)?\b|latency|throughput|"
    r"(?:reduce|cut|save|halve)s?d? .{0,30}\b(?:time|memory|allocations?|copies|syscalls)|avoid .{0,30}\b(?:cop|alloc|clon)\w*)",
    re.IGNORECASE,
)
_TRAILER = re.compile(r"^[A-Z][A-Za-z-]+(?:-by)?: \S")
_SCISSORS = re.compile(r"^# -+ >8 -+")
PROMPT = "<mechanism: why it is faster, not what was edited>"

# Fewer words say what was edited ("added a cache"), not why it helps.
MECHANISM_WORDS = 6


@dataclass(frozen=True)
class Message:
    """A commit message as git keeps it: comments and what stands below the scissors are gone."""

    subject: str
    body: tuple[str, ...]

    @property
    def text(self) -> str:
        """Subject and body."""
        return "\n".join((self.subject, *self.body))

    @property
    def figures(self) -> tuple[str, ...]:
        """Pairs of before and after, and ratios, as written."""
        return tuple(found[0].strip() for found in _FIGURES.finditer(self.text))

    @property
    def claims_speed(self) -> bool:
        """Whether it says that something got cheaper, in words or figures."""
        return _CLAIM.search(self.text) is not None or bool(self.figures)

    @property
    def mechanism(self) -> str:
        """The words of the body that are neither figures, nor trailers, nor a prompt left as it was."""
        lines = (line for line in self.body if not _TRAILER.match(line) and PROMPT not in line)
        words = " ".join(_FIGURES.sub(" ", line) for line in lines).split()
        return " ".join(word for word in words if any(c.isalpha() for c in word))

    @property
    def explains(self) -> bool:
        """Whether the body holds more than a few words."""
        return len(self.mechanism.split()) >= MECHANISM_WORDS

    def issues(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return which of the issues' names it mentions, in the order given."""
        return tuple(n for n in names if re.search(rf"(?<![\w-]){re.escape(n)}(?![\w-])", self.text))


def read_message(text: str) -> Message:
    """Read a message as git would after its editor closes."""
    lines: list[str] = []
    for line in text.splitlines():
        if _SCISSORS.match(line):
            break
        if not line.startswith("#"):
            lines.append(line.rstrip())
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    return Message(lines[0] if lines else "", tuple(lines[1:]))


def problems(message: Message, names: Iterable[str]) -> tuple[str, ...]:
    """Return what a commit of an optimisation lacks; nothing for a commit that is none.

    Args:
        message: of the commit.
        names: of the project's issues.
    """
    named = message.issues(names)
    if not named and not message.claims_speed:
        return ()
    found = []
    if len(named) > 1:
        found.append(f"one issue a commit: it names {', '.join(named)}")
    if not message.figures:
        found.append("no figures: say before and after, as in `12.3 ms -> 8.1 ms (-34%)` or `1.34x on parse`")
    if PROMPT in message.text:
        found.append("the prompt for the mechanism is still there: say why it is faster")
    elif not message.explains:
        found.append("no mechanism: say in the body why it is faster, not what was edited")
    return tuple(found)
