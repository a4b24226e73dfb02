"""Source patterns of rules in one hot function: where they match, in which loop, on lines of which weight."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from hotspot.advice.rule import Rule, SourcePattern
from hotspot.advice.syntax import (
    SYNTAX,
    changed_names,
    enclosing_function,
    enclosing_loop,
    has_call,
    is_in_function,
    names_in,
    statement_lines,
)
from hotspot.source.grammars import (
    DEEPEST,
    bracket_depth,
    compile_query,
    is_too_deep,
    matches,
    parse,
    text_of,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_LONGEST_QUOTE = 60
# The grammar of a file whose patterns are those of another language.
_PATTERNS_OF = {"tsx": "typescript"}


@dataclass(frozen=True)
class Site:
    """One match of a source pattern.

    Attributes:
        line: of the match, from 1.
        last_line: of the statement that it is part of, whose lines a profile may name.
        first_line: the same.
        text: what was found, for a sentence.
        code: the line as it stands in the file.
        loop_line: where the loop around it begins, None where none is asked for.
    """

    line: int
    first_line: int
    last_line: int
    text: str
    code: str
    loop_line: int | None


class HotSource:
    """The source of a hot function.

    Args:
        source: the whole file.
        language: one of `hotspot.source.grammars.LANGUAGES`.
        lines: first and last line of the function, from 1; None for the file as a whole.
        declared: the line where the function's name stands.
    """

    def __init__(
        self, source: bytes, language: str, lines: tuple[int, int] | None = None, declared: int | None = None
    ) -> None:
        self.language = _PATTERNS_OF.get(language, language)
        self._grammar = language
        self._source = source
        self._lines = lines
        self._declared = declared
        self._syntax = SYNTAX[language]
        self._changed: dict[int, frozenset[str]] = {}

    @cached_property
    def _root(self) -> Node:
        return parse(self._source, self._grammar).root_node

    @cached_property
    def _is_too_deep(self) -> bool:
        return bracket_depth(self._source) > DEEPEST or is_too_deep(self._root)

    @cached_property
    def _text(self) -> list[str]:
        return text_of(self._root).split("\n")

    @cached_property
    def _top(self) -> Node:
        """The smallest node that holds the function."""
        if self._lines is None:
            return self._root
        first, last = self._lines
        last = min(last, len(self._text))
        column = len(self._text[last - 1].encode())
        start = len(self._text[first - 1]) - len(self._text[first - 1].lstrip())
        found = self._root.descendant_for_point_range((first - 1, start), (last - 1, column))
        return found or self._root

    def has_line(self, line: int) -> bool:
        """Return whether a line is the function's own: compilers give it those of what they inlined as well."""
        return self._lines is None or self._lines[0] <= line <= self._lines[1]

    def is_declaration(self, line: int) -> bool:
        """Return whether a line is where the function begins: some recorders know no other."""
        return line == self._declared

    def sites(self, rule: Rule) -> tuple[Site, ...]:
        """Return where a rule's patterns match, in the order of the file, one site a line.

        Nothing is found in a file that nests deeper than any program: a query would take minutes.
        """
        found: dict[int, Site] = {}
        if self._is_too_deep:
            return ()
        for pattern in rule.source:
            if self.language in pattern.languages:
                for site in self._sites(pattern):
                    found.setdefault(site.line, site)
        return tuple(found[line] for line in sorted(found))

    def _sites(self, pattern: SourcePattern) -> Iterator[Site]:
        query = compile_query(self._grammar, pattern.query)
        by_loop: dict[int, list[Site]] = defaultdict(list)
        for _, captures in matches(query, self._root, self._lines):
            match = captures["match"][0]
            if not self._is_own(match):
                continue
            loop = enclosing_loop(match, self._top, self._syntax)
            if pattern.inside == "loop":
                if loop is None or not self._is_invariant(pattern, captures, loop):
                    continue
            elif not is_in_function(match, self._syntax):
                continue
            if not self._in_context(pattern, captures, match):
                continue
            in_loop = loop if pattern.inside == "loop" else None
            by_loop[in_loop.id if in_loop else -1].append(self._site(pattern, captures, match, in_loop))
        for sites in by_loop.values():
            if len(sites) >= pattern.at_least:
                yield from sites if pattern.at_least == 1 else sites[:1]

    def _site(
        self, pattern: SourcePattern, captures: Mapping[str, list[Node]], match: Node, loop: Node | None
    ) -> Site:
        texts = {name: _quote(text_of(nodes[0])) for name, nodes in captures.items()}
        text = re.sub(r"\{(\w+)\}", lambda found: texts.get(found[1], found[0]), pattern.say)
        line = match.start_point[0] + 1
        if loop is not None and pattern.at_least > 1:
            first, last = loop.start_point[0] + 1, loop.end_point[0] + 1
        else:
            first, last = statement_lines(match, self._syntax)
        loop_line = loop.start_point[0] + 1 if loop is not None else None
        return Site(line, first, last, text, self._text[line - 1].strip(), loop_line)

    def _is_own(self, match: Node) -> bool:
        """Whether a match is in the function itself, not in a named one defined inside it."""
        if self._lines is None:
            return True
        around = enclosing_function(match, self._syntax)
        return around is None or around.start_byte <= self._top.start_byte or around.parent == self._top

    def _is_invariant(self, pattern: SourcePattern, captures: Mapping[str, list[Node]], loop: Node) -> bool:
        if not pattern.invariant:
            return True
        if loop.id not in self._changed:
            self._changed[loop.id] = changed_names(loop, self._syntax)
        nodes = [node for name in pattern.invariant for node in captures.get(name, [])]
        return not any(
            has_call(node, self._syntax) or names_in(node, self._syntax) & self._changed[loop.id]
            for node in nodes
        )

    def _in_context(self, pattern: SourcePattern, captures: Mapping[str, list[Node]], match: Node) -> bool:
        if pattern.where is not None and not self._found(pattern.where, captures, match):
            return False
        return pattern.unless is None or not self._found(pattern.unless, captures, match)

    def _found(self, text: str, captures: Mapping[str, list[Node]], match: Node) -> bool:
        """Whether a query matches where the match can see it, with the same text under names they share."""
        known = {name: text_of(nodes[0]) for name, nodes in captures.items() if name != "match"}
        around = self._around(match)
        for _, found in matches(compile_query(self._grammar, text), self._root):
            nodes = [node for group in found.values() for node in group]
            same = all(text_of(found[name][0]) == known[name] for name in found.keys() & known.keys())
            if same and self._is_visible(nodes[0], around, known):
                return True
        return False

    def _around(self, node: Node) -> set[int]:
        """The named functions around a node."""
        around = set()
        here = enclosing_function(node, self._syntax)
        while here is not None:
            around.add(here.id)
            here = enclosing_function(here, self._syntax)
        return around

    def _is_visible(self, node: Node, around: set[int], known: Mapping[str, str]) -> bool:
        function = enclosing_function(node, self._syntax)
        if function is None or function.id in around:
            return True
        # An attribute that another method sets is seen by all of them.
        return any(text.startswith(("self.", "this.", "this->")) for text in known.values())


def _quote(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_QUOTE else f"{text[: _LONGEST_QUOTE - 3]}..."
