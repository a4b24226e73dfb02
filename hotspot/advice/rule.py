"""A rule of the catalogue: what it looks for, why that costs, what to do instead, and examples that prove it.

The shape of a table in ``catalogue/*.toml``; `docs/rules.md` explains it to people who write rules of their own.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

# Languages that source patterns can be written for.
LANGUAGES = ("python", "rust", "c", "cpp", "go", "java", "javascript", "typescript")

Order = Literal["representation", "algorithm", "low level"]
Complexity = Literal["Low", "Medium", "High"]
# Which evidence makes a finding: what is not needed still counts for it where it is there.
Needs = Literal["frames", "source", "either", "both"]


class _Table(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename=lambda name: name.replace("_", "-")
):
    """A TOML table: keys are spelled with hyphens, an unknown one is an error."""


class FramePattern(_Table, frozen=True):
    """Frames below a place; a frame fits where all that is given fits.

    Attributes:
        classes: ids of `hotspot.advice.frame_names`; ``own`` is the place's own self weight.
        name: regular expression, searched in the function.
        file: the same, in the file.
        module: the same, in the module.
    """

    classes: tuple[str, ...] = ()
    name: str | None = None
    file: str | None = None
    module: str | None = None


class SourcePattern(_Table, frozen=True):
    """Code inside a hot function.

    Attributes:
        languages: that the query is written for.
        query: tree-sitter query; the node captured as ``@match`` is what was found.
        inside: ``loop`` where only code that a loop repeats counts; ``function`` for any code but that at the top of a
            file, which runs once.
        invariant: captures that must not change from one iteration of that loop to the next.
        where: a query that must match as well, anywhere the match can see; captures of one name have one text.
        unless: a query that must not match, the same way.
        at_least: matches that one loop (or the function) must hold.
        say: what to call it in Evidence; ``{name}`` is the text of a capture.
    """

    languages: tuple[str, ...]
    query: str
    inside: Literal["loop", "function"] = "loop"
    invariant: tuple[str, ...] = ()
    where: str | None = None
    unless: str | None = None
    at_least: int = 1
    say: str = "{match}"


class Example(_Table, frozen=True):
    """What a rule must fire on, or must not.

    Attributes:
        fires: which of the two.
        language: of ``code``.
        code: every function in it is taken for hot.
        stacks: drawn as ``root;hot;leaf weight`` a line; the place is the function called ``hot``.
    """

    fires: bool
    language: str | None = None
    code: str | None = None
    stacks: str | None = None


class Rule(_Table, frozen=True):
    """One rule.

    Attributes:
        title: what is wrong, so that ``TITLE in FUNCTION`` reads well.
        order: work on representation comes before algorithm, and that before low level.
        what: what the rule looks for.
        why: why it costs; goes into Root Cause.
        approach: what to do, in any language.
        instead: by language, with the names of what to use.
        gain: by which factor the explained part typically gets faster, from and to; never measured by hotspot.
        complexity: of the change.
        risk: what the change can break.
        validate: how to see that the cause was right and the change is.
        references: where this is documented.
        min_share: of the profile that the explained part must hold.
        value_types: ``time``, or patterns (``*`` stands for anything) on a value type's name.
        needs: see `Needs`.
        frames: alternatives; see `FramePattern`.
        callers: regular expressions; only what was charged below such a function counts.
        source: alternatives; see `SourcePattern`.
        examples: at least one that fires and one that does not.
        id: the table's name.
        subject: the file's name.
        origin: the file.
    """

    title: str
    order: Order
    what: str
    why: str
    approach: tuple[str, ...]
    gain: tuple[float, float]
    complexity: Complexity
    risk: str
    validate: tuple[str, ...]
    references: tuple[str, ...]
    needs: Needs
    examples: tuple[Example, ...]
    instead: dict[str, str] = {}
    min_share: float = 0.02
    value_types: tuple[str, ...] = ("time",)
    frames: tuple[FramePattern, ...] = ()
    callers: tuple[str, ...] = ()
    source: tuple[SourcePattern, ...] = ()
    id: str = ""
    subject: str = ""
    origin: str = ""

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages it has source patterns for, in the order of `LANGUAGES`."""
        mine = {language for pattern in self.source for language in pattern.languages}
        return tuple(language for language in LANGUAGES if language in mine)


_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
MAX_GAIN = 1000.0


def faults(rule: Rule, class_ids: frozenset[str]) -> list[str]:
    """Return what is wrong with a rule beyond its types, one sentence each.

    Queries are not compiled here: that takes a grammar, and a rule is needed before that (`hotspot rules`).
    """
    found = []
    if not _ID.fullmatch(rule.id):
        found.append(f"the id {rule.id!r} is not lower-case words joined by hyphens")
    low, high = rule.gain
    if not 1 <= low <= high <= MAX_GAIN:
        found.append(
            f"gain is [{low:g}, {high:g}], not two factors from 1 to {MAX_GAIN:g}, the smaller first"
        )
    if not 0 <= rule.min_share <= 1:
        found.append(f"min-share is {rule.min_share:g}, not a share from 0 to 1")
    found += [
        f"{name} is empty" for name in ("title", "what", "why", "risk") if not getattr(rule, name).strip()
    ]
    found += [f"{name} is empty" for name in ("approach", "validate") if not getattr(rule, name)]
    if rule.needs in ("frames", "both") and not rule.frames:
        found.append(f"needs is {rule.needs!r} but there are no frames")
    if rule.needs in ("source", "both") and not rule.source:
        found.append(f"needs is {rule.needs!r} but there is no source pattern")
    if not rule.frames and not rule.source:
        found.append("there are neither frames nor source patterns: it can never match")
    if {example.fires for example in rule.examples} != {True, False}:
        found.append("examples need one with fires = true and one with fires = false")
    for pattern in rule.frames:
        if pattern == FramePattern():
            found.append("a frames table is empty: it would match every frame")
        unknown = [name for name in pattern.classes if name not in class_ids]
        found += [
            f"frames: no class is called {name!r}; there are {', '.join(sorted(class_ids))}"
            for name in unknown
        ]
        found += [_regex_fault(f"frames.{key}", getattr(pattern, key)) for key in ("name", "file", "module")]
    found += [_regex_fault("callers", text) for text in rule.callers]
    languages = {name for pattern in rule.source for name in pattern.languages} | set(rule.instead)
    languages |= {example.language for example in rule.examples if example.language is not None}
    found += [
        f"no language is called {name!r}; there are {', '.join(LANGUAGES)}"
        for name in sorted(languages)
        if name not in LANGUAGES
    ]
    for source in rule.source:
        if not source.languages:
            found.append("a source pattern names no languages")
        if "@match" not in source.query:
            found.append("a source query has no @match")
        for name, query in (("where", source.where), ("unless", source.unless)):
            if query is not None and "@" not in query:
                found.append(f"{name} captures nothing, so that nobody knows where it matched")
        if source.invariant and source.inside != "loop":
            found.append('invariant makes sense only with inside = "loop"')
    for example in rule.examples:
        if example.code is None and example.stacks is None:
            found.append("an example has neither code nor stacks")
        if (example.code is None) != (example.language is None):
            found.append("an example's code and language go together")
    return [fault for fault in found if fault]


def _regex_fault(where: str, text: str | None) -> str:
    try:
        re.compile(text or "")
    except re.error as error:
        return f"{where} is no regular expression: {error}"
    return ""
