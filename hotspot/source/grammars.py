"""The tree-sitter grammars: which language a file is in, its syntax tree, and queries over it.

The only module that loads a grammar. tree-sitter and the grammars' shared objects are imported when the first file of
their language is parsed.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING

from hotspot.errors import HotspotError, UsageError

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Query, Tree

# Language -> module of its grammar, the function there that returns it.
_GRAMMARS = {
    "python": ("tree_sitter_python", "language"),
    "rust": ("tree_sitter_rust", "language"),
    "c": ("tree_sitter_c", "language"),
    "cpp": ("tree_sitter_cpp", "language"),
    "go": ("tree_sitter_go", "language"),
    "java": ("tree_sitter_java", "language"),
    "javascript": ("tree_sitter_javascript", "language"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
}
LANGUAGES = tuple(_GRAMMARS)

_EXTENSIONS = {
    "python": "py pyw",
    "rust": "rs",
    "c": "c h",
    "cpp": "cc cpp cxx c++ hh hpp hxx h++ ipp inl tcc tpp cu cuh",
    "go": "go",
    "java": "java",
    "javascript": "js mjs cjs jsx",
    "typescript": "ts mts cts",
    "tsx": "tsx",
}
_LANGUAGE_OF = {f".{ext}": language for language, exts in _EXTENSIONS.items() for ext in exts.split()}
_SHEBANG = re.compile(
    rb"#!\s*\S*/(?:env\s+(?:-\S+\s+)*)?(?:(?P<python>python|pypy)|(?P<node>node|deno|bun))[\d.]*(?:\s|$)"
)
_ONLY_CPP = re.compile(
    rb"^\s*(?:class\s+\w|namespace\b|template\s*<|using\s+\w|public:|private:|protected:|extern\s+\"C\+\+\")",
    re.MULTILINE,
)
_NOT_BRACKETS = bytes(sorted(set(range(256)) - set(b"()[]{}")))
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class QueryMistake(HotspotError):
    """A tree-sitter query is not valid for its language."""

    exit_code = 2


def language_of(path: str | PurePath, source: bytes | None = None) -> str | None:
    """Return one of `LANGUAGES` for a file, or None where none of them reads it.

    The extension decides. With the content, an interpreter line decides for a file without extension, and a ``.h``
    file in which something only C++ has begins a line is C++.
    """
    suffix = PurePath(path).suffix.lower()
    if not suffix and source is not None:
        found = _SHEBANG.match(source[:200].split(b"\n", 1)[0])
        if found is None:
            return None
        return "python" if found["python"] else "javascript" if found["node"] else None
    language = _LANGUAGE_OF.get(suffix)
    if suffix == ".h" and source is not None and _ONLY_CPP.search(source):
        return "cpp"
    return language


def parse(source: bytes, language: str) -> Tree:
    """Return the syntax tree of a file. There always is one: what cannot be parsed becomes ``ERROR`` nodes.

    Rows of nodes count from 0. UTF-16 with a byte order mark is read; anything else counts as UTF-8.
    """
    from tree_sitter import Parser

    if source.startswith(_UTF16):
        source = source.decode("utf-16", errors="replace").encode()
    return Parser(_language(language)).parse(source)


@cache
def compile_query(language: str, text: str) -> Query:
    """Return a compiled query.

    Raises:
        QueryMistake: the text is not a query, or names a node or field that the language has not.
    """
    from tree_sitter import Query, QueryError

    try:
        return Query(_language(language), text)
    except QueryError as error:
        row = re.search(r"row (\d+), column (\d+)", str(error))
        place = f" at line {int(row[1]) + 1}, column {int(row[2]) + 1}" if row else ""
        what = re.sub(r" at row \d+, column \d+", "", str(error)).removesuffix(" {}").rstrip(".")
        raise QueryMistake(f"tree-sitter query for {language}{place}: {what.lower()}") from error
    except (ValueError, SyntaxError) as error:  # a predicate's arguments are wrong
        raise QueryMistake(f"tree-sitter query for {language}: {error}") from error


def matches(
    query: Query, node: Node, lines: tuple[int, int] | None = None
) -> Iterator[tuple[int, dict[str, list[Node]]]]:
    """Yield what a query finds below a node: the pattern's index in the query, and the captured nodes by name.

    Args:
        query: from `compile_query`, for the language the tree was parsed in.
        node: ``tree.root_node`` for a whole file.
        lines: first and last line (from 1) that every captured node must lie within.
    """
    from tree_sitter import QueryCursor

    cursor = QueryCursor(query)
    if lines is None:
        yield from cursor.matches(node)
        return
    first, last = lines[0] - 1, lines[1] - 1
    cursor.set_point_range((first, 0), (last + 1, 0))
    for index, captures in cursor.matches(node):
        if all(
            first <= found.start_point[0] and found.end_point[0] <= last
            for nodes in captures.values()
            for found in nodes
        ):
            yield index, captures


DEEPEST = 1000
"""Nodes in nodes, or brackets in brackets, that no program written by hand has."""


def bracket_depth(source: bytes) -> int:
    """Return how deep the brackets of a file nest, about: those in texts and comments count too."""
    depth = deepest = 0
    for bracket in source.translate(None, _NOT_BRACKETS):
        if bracket in b"([{":
            depth += 1
            deepest = max(deepest, depth)
        elif depth:
            depth -= 1
    return deepest


def is_too_deep(node: Node) -> bool:
    """Return whether a tree nests deeper than `DEEPEST`: the time that a query takes is quadratic in the depth."""
    cursor = node.walk()
    depth = 0
    while True:
        if cursor.goto_first_child():
            depth += 1
            if depth > DEEPEST:
                return True
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return False
            depth -= 1


def text_of(node: Node) -> str:
    """Return a node's source."""
    return (node.text or b"").decode("utf-8", errors="replace")


@cache
def _language(name: str) -> Language:
    from tree_sitter import Language

    try:
        module, function = _GRAMMARS[name]
    except KeyError:
        raise UsageError(f"no grammar for {name!r}", hint=f"there are: {', '.join(LANGUAGES)}") from None
    return Language(getattr(importlib.import_module(module), function)())
