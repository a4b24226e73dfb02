"""Whether a rule does on its own examples what they say."""

from __future__ import annotations

import textwrap

import numpy as np

from hotspot.advice.match import Finding, HotPlace, Matcher
from hotspot.advice.patterns import HotSource
from hotspot.advice.rule import Example, Rule
from hotspot.advice.work import Work
from hotspot.analysis.totals import nearest_marked
from hotspot.builder import ProfileBuilder
from hotspot.importers.labels import parse_label
from hotspot.profile import Profile, Provenance
from hotspot.units import ValueType

# The function that an example's stacks call the place.
HOT = "hot"


def findings_of(rule: Rule, example: Example) -> tuple[Finding, ...]:
    """Return what the rule says about an example: nothing, or one finding.

    Raises:
        QueryMistake: a query of the rule is not valid for the example's language.
    """
    profile = _drawn(example.stacks or f"{HOT} 100")
    frames = profile.frames
    is_hot = np.array([frames.strings[name] == HOT for name in frames.name.tolist()])
    marked = is_hot[profile.call_tree.frame]
    holder = nearest_marked(profile.call_tree, marked)
    source = HotSource(example.code.encode(), example.language) if example.code and example.language else None
    nodes = np.flatnonzero(holder >= 0).astype(np.int32)
    noun = rule.value_types[0].replace("*", "")
    return Matcher([rule], Work(profile, marked, holder), noun).findings(HotPlace(nodes, source))


def broken_examples(rule: Rule) -> list[str]:
    """Return, one sentence each, which of a rule's examples do not do what they say."""
    found = []
    for number, example in enumerate(rule.examples, 1):
        fires = bool(findings_of(rule, example))
        if fires != example.fires:
            found.append(f"example {number} {'fires' if fires else 'does not fire'}")
    return found


def _drawn(stacks: str) -> Profile:
    builder = ProfileBuilder((ValueType("samples", "count"),))
    frames: list[int] = []
    offsets, weights = [0], []
    for line in textwrap.dedent(stacks).strip().splitlines():
        stack, _, weight = line.strip().rpartition(" ")
        for name in stack.split(";"):
            label = parse_label(name)
            frames.append(builder.frames.intern(label.name, label.file, label.line, label.module, label.kind))
        offsets.append(len(frames))
        weights.append(int(weight))
    builder.add_samples(builder.add_stacks(frames, offsets), weights)
    return builder.build(Provenance())
