"""Forbidden imports of a project's parts."""

from __future__ import annotations

import pytest
from hotspot.errors import UsageError
from hotspot.workflow.review.architecture import forbidden_imports, violations

RULES = forbidden_imports({"forbidden": ["compiler -> vm", "app::core -> app/ui"]})


def found(file: str, source: bytes) -> list[str]:
    return [f"{v.rule}: {v.file}:{v.line} {v.text}" for v in violations(RULES, file, source)]


def test_an_import_of_a_forbidden_part_is_found_with_its_line() -> None:
    assert found("src/compiler/emit.rs", b"use std::fmt;\nuse crate::vm::Stack;\n") == [
        "compiler -> vm: src/compiler/emit.rs:2 crate::vm::Stack"
    ]
    assert found("compiler.py", b"from .vm import run\n") == ["compiler -> vm: compiler.py:1 .vm.run"]
    assert found("compiler/a.c", b'#include "../vm/vm.h"\n') == ["compiler -> vm: compiler/a.c:1 ../vm/vm.h"]


def test_the_other_direction_and_names_that_only_contain_a_part_are_free() -> None:
    assert found("src/vm/run.rs", b"use crate::compiler::emit;\n") == []
    assert found("src/compiler/emit.rs", b"use crate::vmachine::Stack;\n") == []
    assert found("src/compilers/emit.rs", b"use crate::vm::Stack;\n") == []


def test_a_part_may_be_several_words() -> None:
    assert found("x/app/core/a.py", b"import app.ui.window\nimport ui\n") == [
        "app/core -> app/ui: x/app/core/a.py:1 app.ui.window"
    ]


def test_a_file_in_no_known_language_has_no_imports() -> None:
    assert found("compiler/notes.md", b"use vm;") == []


@pytest.mark.parametrize(
    "table",
    [
        {"forbidden": "a -> b"},
        {"forbidden": ["a b"]},
        {"forbidden": ["a -> "]},
        {"forbidden": [3]},
        {"allow": []},
    ],
)
def test_a_table_that_says_something_else_is_refused(table: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="architecture"):
        forbidden_imports(table)
