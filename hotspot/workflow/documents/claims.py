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
_TIMES = r"(?<![\w.])\d+(?:\.\d+)?x on \S+"
# `12.3 ms -> 8.1 ms`, `40% to 12%`, or `1.34x on parse`.
_FIGURES = re.compile(rf"(?<![\w.]){_NUMBER}{_UNIT}{_ARROW}{_NUMBER}{_UNIT}|{_TIMES}")
# Figures that are a claim by themselves; `numpy 1.26 -> 2.0` and `from 10 to 20 lines` are none.
_MEASURED = re.compile(
    rf"(?<![\w.]){_NUMBER}\s?(?:[nuµm]?s|sec|min|[kKMGT]i?B|bytes?|%|\w+/s)\s*(?:->|→|=>)\s*{_NUMBER}|{_TIMES}"
)
_CLAIM = re.compile(
    r"\b(?:faster|quicker|speed(?:s|ed)?[ -]?up|optimi[sz]\w*|perf(?:ormance)?\b(?!-issues)|latency|throughput|"
    r"(?:reduce|cut|save|halve)s?d? .{0,30}\b(?:time|memory|allocations?|copies|syscalls)|avoid .{0,30}\b(?:cop|alloc|clon)\w*)",
    re.IGNORECASE,
)
_TRAILER = re.compile(r"^[A-Z][A-Za-z-]+(?:-by)?: \S|^\(cherry picked from commit \w+\)$")
_SCISSORS = re.compile(r"^-+ >8 -+")
# Messages of commits that bring no change of their own, or that will be folded into one that does.
_PASSES = {
    "merge": re.compile(r"Merge (?:branch(?:es)?|remote-tracking branch|pull request|tags?|commits?)\b"),
    "fixup": re.compile(r"(?:fixup|squash|amend)! "),
    "revert": re.compile(r'(?:Revert|Reapply) "'),
}
# What squashing leaves of the commits it put together: `git merge --squash` quotes their headers and indents them, GitHub
# lists their subjects below a title that ends in the number of the pull request.
_SQUASH_HEADER = re.compile(
    r"^(?:commit [0-9a-f]{7,64}|(?:Author|Date|Merge|Commit|AuthorDate|CommitDate): .*)$"
)
_PULL_REQUEST = re.compile(r"\(#\d+\)$")
PROMPT = "<mechanism: why it is faster, not what was edited>"

# Fewer words say what was edited ("added a cache"), not why it helps.
MECHANISM_WORDS = 6


@dataclass(frozen=True)
class Message:
    """A commit message as git keeps it."""

    subject: str
    body: tuple[str, ...]

    @property
    def passes(self) -> bool:
        """Whether it is of a commit that is not asked anything: a merge, a revert, or one to be folded into another."""
        return any(pattern.match(self.subject) for pattern in _PASSES.values())

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
        return _CLAIM.search(self.text) is not None or _MEASURED.search(self.text) is not None

    @property
    def mechanism(self) -> str:
        """The words of the body that are neither figures, nor subjects or headers of squashed commits, nor trailers."""
        lines = (line for line in self._prose() if not _TRAILER.match(line) and PROMPT not in line)
        words = " ".join(_FIGURES.sub(" ", line) for line in lines).split()
        return " ".join(word for word in words if any(c.isalpha() for c in word))

    def _prose(self) -> list[str]:
        """The lines of the body but for what squashing left of the commits it put together."""
        listed = _PULL_REQUEST.search(self.subject) is not None
        prose: list[str] = []
        subject_follows = False
        for line in self.body:
            text = line.strip()
            if _SQUASH_HEADER.match(line):
                subject_follows = True
            elif subject_follows and text:
                subject_follows = False
            elif not (listed and line.startswith("* ")):
                prose.append(text)
        return prose

    @property
    def explains(self) -> bool:
        """Whether the body holds more than a few words."""
        return len(self.mechanism.split()) >= MECHANISM_WORDS

    def issues(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return which of the issues it is about, in the order given.

        These are the ones that its subject names, or that begin a line as ``NAME:`` (a subject of a squashed commit);
        where there are none, all that it mentions.
        """
        known = tuple(names)
        leading = [line.strip().removeprefix("* ") for line in self.body]
        about = tuple(
            n for n in known if _names(self.subject, n) or any(line.startswith(f"{n}:") for line in leading)
        )
        return about or tuple(n for n in known if _names(self.text, n))


def _names(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None


def read_message(text: str, comment: str | None = None) -> Message:
    """Read a message.

    Args:
        text: as git has it, or as its editor leaves it.
        comment: what begins a line that git will cut off, and the scissors below which it cuts all; None where the message
            is as git keeps it.
    """
    lines: list[str] = []
    for line in text.splitlines():
        if comment is not None and line.startswith(comment):
            if _SCISSORS.match(line.removeprefix(comment).lstrip()):
                break
            continue
        lines.append(line.rstrip())
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    return Message(lines[0] if lines else "", tuple(lines[1:]))


def problems(message: Message, names: Iterable[str]) -> tuple[str, ...]:
    """Return what a commit of an optimisation lacks; nothing for one that is none, or that `Message.passes`.

    Args:
        message: of the commit.
        names: of the project's issues.
    """
    if message.passes:
        return ()
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
