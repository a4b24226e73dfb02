"""What a source file imports: the targets as parts of a path, with their lines."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hotspot.source.grammars import compile_query, matches, parse, text_of

# A query a language; @target is what is imported, @from the module that Python's names are taken from.
_JAVASCRIPT = """
(import_statement source: (string) @target)
(export_statement source: (string) @target)
(call_expression function: (identifier) @call arguments: (arguments . (string) @target) (#eq? @call "require"))
(call_expression function: (import) arguments: (arguments . (string) @target))
"""
_C = "(preproc_include path: (_) @target)"
_QUERIES = {
    "python": """
        (import_statement name: (dotted_name) @target)
        (import_statement name: (aliased_import name: (dotted_name) @target))
        (import_from_statement module_name: (_) @from name: (dotted_name) @target)
        (import_from_statement module_name: (_) @from name: (aliased_import name: (dotted_name) @target))
        (import_from_statement module_name: (_) @target (wildcard_import))
    """,
    "rust": """
        (use_declaration argument: (_) @target)
        (extern_crate_declaration name: (_) @target)
        (mod_item name: (identifier) @target !body)
    """,
    "c": _C,
    "cpp": _C,
    "go": "(import_spec path: (_) @target)",
    "java": "(import_declaration (scoped_identifier) @target)",
    "javascript": _JAVASCRIPT,
    "typescript": _JAVASCRIPT,
    "tsx": _JAVASCRIPT,
}
_PART = re.compile(r"[\w-]+")
_SUFFIX = re.compile(r"\.(?:h|hh|hpp|hxx|c|cc|cpp|cxx|m?[jt]sx?|cjs)$")


@dataclass(frozen=True)
class Import:
    """One import.

    Attributes:
        text: as the source has it.
        parts: the names in it, from the outermost; ``crate::vm::{Stack, run}`` has four.
        line: from 1.
    """

    text: str
    parts: tuple[str, ...]
    line: int


def imports(source: bytes, language: str) -> tuple[Import, ...]:
    """Return what a file imports, in its order; includes and ``mod`` declarations count."""
    query = compile_query(language, _QUERIES[language])
    found = set()
    for _, captures in matches(query, parse(source, language).root_node):
        (target,) = captures["target"]
        base = f"{text_of(captures['from'][0])}." if "from" in captures else ""
        text = base + text_of(target).strip("\"'<>`")
        parts = tuple(_PART.findall(_SUFFIX.sub("", text)))
        found.add((target.start_byte, Import(text, parts, target.start_point[0] + 1)))
    return tuple(found_import for _, found_import in sorted(found, key=lambda f: f[0]))
