"""Imports of source files, a language at a time."""

from __future__ import annotations

import pytest
from hotspot.source.imports import imports

CASES = {
    "python": (
        b"import vm.stack as s, os\nfrom ..vm import run, stop as halt\nfrom .vm import *\ndef f():\n    from vm import x\n",
        [("vm.stack", 1), ("os", 1), ("..vm.run", 2), ("..vm.stop", 2), (".vm", 3), ("vm.x", 5)],
    ),
    "rust": (
        b"use crate::vm::{Stack, run};\nextern crate libc;\nmod parse;\nmod inline { use super::vm as v; }\n",
        [("crate::vm::{Stack, run}", 1), ("libc", 2), ("parse", 3), ("super::vm as v", 4)],
    ),
    "c": (b'#include "vm/stack.h"\n#include <stdio.h>\n', [("vm/stack.h", 1), ("stdio.h", 2)]),
    "cpp": (b'#include "../vm/stack.hpp"\n', [("../vm/stack.hpp", 1)]),
    "go": (b'package a\nimport (\n "fmt"\n v "x.org/app/vm"\n)\n', [("fmt", 3), ("x.org/app/vm", 4)]),
    "java": (
        b"import com.app.vm.Stack;\nimport static com.app.vm.Run.go;\n",
        [("com.app.vm.Stack", 1), ("com.app.vm.Run.go", 2)],
    ),
    "javascript": (
        b"import a from '../vm/a.js';\nconst b = require(\"./vm\");\nexport * from './c';\nimport('./vm/late');\n",
        [("../vm/a.js", 1), ("./vm", 2), ("./c", 3), ("./vm/late", 4)],
    ),
    "typescript": (b"import type { A } from '@app/vm';\n", [("@app/vm", 1)]),
    "tsx": (b"import A from './vm.tsx';\n", [("./vm.tsx", 1)]),
}


@pytest.mark.parametrize("language", CASES)
def test_what_a_file_imports(language: str) -> None:
    source, expected = CASES[language]
    assert [(found.text, found.line) for found in imports(source, language)] == expected


def test_parts_are_names_without_punctuation_or_suffix() -> None:
    (found,) = imports(b'#include "../vm/op-codes.hpp"\n', "cpp")
    assert found.parts == ("vm", "op-codes")
    (found,) = imports(b"use crate::vm::{Stack, run};\n", "rust")
    assert found.parts == ("crate", "vm", "Stack", "run")


@pytest.mark.parametrize("language", CASES)
def test_a_file_that_is_no_source_has_no_imports(language: str) -> None:
    assert imports(b"\x00\xff{{{ import", language) == ()
