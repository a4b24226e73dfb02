"""The definitions in a source file: functions, methods and classes with qualified names and line ranges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hotspot.source.definition_queries import QUERIES, name_node, names_of
from hotspot.source.grammars import DEEPEST, bracket_depth, compile_query, matches, parse

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

_SEPARATOR = {"rust": "::", "c": "::", "cpp": "::"}


@dataclass(frozen=True, slots=True)
class Definition:
    """One function, method or class. Lines count from 1, and both ends belong to it.

    Attributes:
        name: its own: ``parse_row``, ``operator==``, ``<init>`` for a Java constructor.
        qualified: as the language's symbols spell it, as far as the file tells: ``ns::A::b``, ``<Row as Display>::fmt``,
            ``pkg.(*T).M``, ``com.foo.Bar.baz``, ``outer.<locals>.inner``.
        kind: ``function``, ``method`` or ``class``.
        file: relative to the root; empty where the source came from none.
        start_line: its first line, a Python decorator's where it has one.
        end_line: its last line.
        line: where its name stands.
    """

    name: str
    qualified: str
    kind: str
    file: str
    start_line: int
    end_line: int
    line: int


@dataclass(frozen=True, slots=True)
class _Found:
    """A match: what it is, where, and what it adds to the names inside."""

    role: str
    names: tuple[str, ...]
    start: int
    end: int
    start_line: int
    end_line: int
    line: int


def definitions(source: bytes, language: str, file: str = "") -> tuple[Definition, ...]:
    """Return the definitions of a file, in the order they begin.

    What the grammar cannot parse is passed over; the definitions around it are found. A file whose brackets nest
    deeper than any program's has none: a query takes time quadratic in the depth of the tree.
    """
    if bracket_depth(source) > DEEPEST:
        return ()
    return definitions_in(parse(source, language), language, file)


def definitions_in(tree: Tree, language: str, file: str = "") -> tuple[Definition, ...]:
    """Return the definitions of a file that is parsed already."""
    found = sorted(_found(tree, language), key=lambda f: (f.start, -f.end))
    result: list[Definition] = []
    package: tuple[str, ...] = ()
    enclosing: list[_Found] = []
    for item in found:
        while enclosing and enclosing[-1].end <= item.start:
            enclosing.pop()
        if item.role == "package":
            package = item.names
            continue
        if item.role not in ("scope", "impl"):
            qualified = _SEPARATOR.get(language, ".").join(
                (*package, *_outer(enclosing, language), *item.names)
            )
            kind = item.role
            if kind == "function" and _is_method(item, enclosing):
                kind = "method"
            result.append(
                Definition(item.names[-1], qualified, kind, file, item.start_line, item.end_line, item.line)
            )
        enclosing.append(item)
    return tuple(result)


def _is_method(item: _Found, enclosing: list[_Found]) -> bool:
    return len(item.names) > 1 or (bool(enclosing) and enclosing[-1].role in ("class", "impl"))


def _outer(enclosing: list[_Found], language: str) -> Iterator[str]:
    """The names around a definition that symbols of the language spell."""
    for item in enclosing:
        if item.role != "function" or language == "rust":
            yield from item.names
        elif language == "python":
            yield from (*item.names, "<locals>")
        elif language == "cpp":
            yield from (*item.names[:-1], f"{item.names[-1]}()")


def _found(tree: Tree, language: str) -> Iterator[_Found]:
    seen: set[int] = set()
    for _, captures in matches(compile_query(language, QUERIES[language]), tree.root_node):
        role = next(role for role in captures if role != "name")
        definition = captures[role][0]
        if definition.id in seen:
            continue
        name = captures["name"][0] if "name" in captures else name_node(definition)
        names = names_of(definition, name, language)
        if not names:
            continue
        seen.add(definition.id)
        first = _first_line_node(definition)
        line = (name or definition).start_point[0] + 1
        yield _Found(
            "impl" if definition.type == "impl_item" else role,
            names,
            definition.start_byte,
            definition.end_byte,
            first.start_point[0] + 1,
            definition.end_point[0] + 1,
            line,
        )


def _first_line_node(definition: Node) -> Node:
    """What the first line is taken from: Python counts a function from its first decorator."""
    parent = definition.parent if definition.type in ("function_definition", "class_definition") else None
    return parent if parent is not None and parent.type == "decorated_definition" else definition
