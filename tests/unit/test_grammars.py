"""Which language a file is in, and queries over its tree."""

from __future__ import annotations

import pytest
from hotspot.errors import UsageError
from hotspot.source.grammars import QueryMistake, compile_query, language_of, matches, parse, text_of


@pytest.mark.parametrize(
    ("path", "source", "language"),
    [
        ("src/a.py", None, "python"),
        ("a.RS", None, "rust"),
        ("a.h", b"int x;\n", "c"),
        ("a.h", b"#pragma once\nnamespace a {\n", "cpp"),
        ("a.tsx", None, "tsx"),
        ("bin/run", b"#!/usr/bin/env python3\n", "python"),
        ("bin/run", b"#!/usr/bin/python3.11 -u\nimport sys", "python"),
        ("bin/run", b"#!/usr/bin/env -S node --cpu-prof\n", "javascript"),
        ("bin/run", b"#!/bin/sh\nexec python3\n", None),
        ("bin/run", None, None),
        ("a.pyi", None, None),
        ("Makefile", b"all:\n", None),
    ],
)
def test_the_language_of_a_file(path: str, source: bytes | None, language: str | None) -> None:
    assert language_of(path, source) == language


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("(no_such) @x", "tree-sitter query for python at line 1, column 2: invalid node type: no_such"),
        ("(identifier)\n(call @x", "tree-sitter query for python at line 2, column 7: invalid syntax"),
        (
            '((identifier) @x (#eq? @y "a"))',
            "tree-sitter query for python at line 1, column 25: invalid capture name: y",
        ),
    ],
)
def test_a_mistake_in_a_query_names_its_place(query: str, message: str) -> None:
    with pytest.raises(QueryMistake) as raised:
        compile_query("python", query)
    assert str(raised.value) == message


def test_a_mistake_in_a_predicate_is_one_too() -> None:
    with pytest.raises(QueryMistake, match="regular expression"):
        compile_query("python", '((identifier) @x (#match? @x "("))')


def test_a_language_without_grammar_is_refused() -> None:
    with pytest.raises(UsageError, match="no grammar for 'cobol'"):
        compile_query("cobol", "(x) @y")


def test_matches_lie_within_the_lines() -> None:
    source = b"a()\nb(\n  c())\nd()\n"
    query = compile_query("python", "(call function: (identifier) @name) @call")
    root = parse(source, "python").root_node

    def names(lines: tuple[int, int] | None) -> list[str]:
        return [text_of(captures["name"][0]) for _, captures in matches(query, root, lines)]

    assert names(None) == ["a", "b", "c", "d"]
    assert names((2, 3)) == ["b", "c"]
    assert names((3, 3)) == ["c"]
    assert names((1, 1)) == ["a"]
