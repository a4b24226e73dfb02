"""What defines a function in each language: one tree-sitter query a language, and how a match spells its name.

The captures, here as in `hotspot.source.definitions`:

``@function``   a definition that a profile may name
``@class``      the same, and its name qualifies what is inside
``@scope``      only qualifies what is inside (a namespace, a module)
``@package``    qualifies the whole file
``@name``       its name; where a pattern has none, `names_of` reads it from the definition
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hotspot.source.grammars import text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_PYTHON = """
(function_definition name: (identifier) @name) @function
(class_definition name: (identifier) @name) @class
(assignment left: [(identifier) (attribute)] @name right: (lambda)) @function
"""

_RUST = """
(function_item name: (_) @name) @function
(mod_item name: (identifier) @name body: (_)) @scope
(trait_item name: (type_identifier) @name) @class
(impl_item) @scope
"""

_C = """
(function_definition) @function
"""

_CPP = """
(function_definition) @function
(namespace_definition name: (_) @name) @scope
(class_specifier name: (_) @name body: (_)) @class
(struct_specifier name: (_) @name body: (_)) @class
(union_specifier name: (_) @name body: (_)) @class
(init_declarator declarator: (identifier) @name value: (lambda_expression)) @function
"""

_GO = """
(package_clause (package_identifier) @name) @package
(function_declaration name: (identifier) @name) @function
(method_declaration) @function
"""

_JAVA = """
(package_declaration [(identifier) (scoped_identifier)] @name) @package
(class_declaration name: (identifier) @name) @class
(interface_declaration name: (identifier) @name) @class
(enum_declaration name: (identifier) @name) @class
(record_declaration name: (identifier) @name) @class
(annotation_type_declaration name: (identifier) @name) @class
(method_declaration name: (identifier) @name) @function
(constructor_declaration) @function
(compact_constructor_declaration) @function
(static_initializer) @function
"""

_JAVASCRIPT = """
(function_declaration name: (identifier) @name) @function
(generator_function_declaration name: (identifier) @name) @function
(function_expression name: (identifier) @name) @function
(generator_function name: (identifier) @name) @function
(class_declaration name: (_) @name) @class
(class name: (_) @name) @class
(method_definition name: (_) @name) @function
(variable_declarator name: (identifier) @name
  value: [(arrow_function) (function_expression) (generator_function)]) @function
(variable_declarator name: (identifier) @name value: (class)) @class
(assignment_expression left: [(identifier) (member_expression)] @name
  right: [(arrow_function) (function_expression) (generator_function)]) @function
(assignment_expression left: [(identifier) (member_expression)] @name right: (class)) @class
(pair key: [(property_identifier) (string)] @name
  value: [(arrow_function) (function_expression) (generator_function)]) @function
"""

_FIELD = "(field_definition property: (_) @name value: [(arrow_function) (function_expression)]) @function"
_TYPESCRIPT_ONLY = """
(public_field_definition name: (_) @name value: [(arrow_function) (function_expression)]) @function
(abstract_class_declaration name: (_) @name) @class
(internal_module name: (_) @name) @scope
(module name: (_) @name) @scope
"""

QUERIES = {
    "python": _PYTHON,
    "rust": _RUST,
    "c": _C,
    "cpp": _CPP,
    "go": _GO,
    "java": _JAVA,
    "javascript": _JAVASCRIPT + _FIELD,
    "typescript": _JAVASCRIPT + _TYPESCRIPT_ONLY,
    "tsx": _JAVASCRIPT + _TYPESCRIPT_ONLY,
}

_NOT_NAMES = frozenset(
    ["if", "else", "for", "while", "switch", "return", "do", "case", "default", "catch", "sizeof"]
)
_PROTOTYPE = re.compile(r"^(?:module\.)?exports\.|\.prototype(?=\.)|^(?:this|self|window|globalThis)\.")
_RECEIVER = re.compile(r"(\*?)\s*(\w+)\s*(?:\[.*\])?\s*\)$", re.DOTALL)
_GENERICS = re.compile(r"<[^<>]*>")


def name_node(definition: Node) -> Node | None:
    """Return what names a definition whose pattern captures no name."""
    if definition.type == "function_definition":
        return _declared(definition)
    return definition.child_by_field_name("name")


def names_of(definition: Node, name: Node | None, language: str) -> tuple[str, ...]:
    """Return what a definition adds to a qualified name, outermost first; empty where it has no name.

    Mostly one text; ``A::b`` defined outside its class or namespace gives two, a Go method its receiver's type as Go
    spells it (``(*T)``), a Rust implementation of a trait ``<T as Trait>``.
    """
    kind = definition.type
    if kind == "impl_item":
        return _implemented(definition)
    if kind in ("constructor_declaration", "compact_constructor_declaration"):
        return ("<init>",)
    if kind == "static_initializer":
        return ("<clinit>",)
    if name is None:
        return ()
    if kind == "method_declaration" and language == "go":
        return _go_method(definition, name)
    if language in ("c", "cpp"):
        return _spelled(name)
    if language in ("javascript", "typescript", "tsx"):
        return _javascript(name)
    return (text_of(name),)


_NAMES = ("identifier", "field_identifier", "type_identifier", "namespace_identifier", "destructor_name")
_INNER = ("qualified_identifier", "template_function", "operator_cast", "operator_name", *_NAMES)


def _declared(node: Node) -> Node | None:
    """What a C or C++ declarator names, which it wraps: a pointer to, a function of, in parentheses."""
    inner = node.child_by_field_name("declarator")
    while inner is not None and inner.type not in _INNER:
        node, inner = inner, inner.child_by_field_name("declarator")
        if inner is None:  # parenthesised, attributed and reference declarators have no field for theirs
            inner = next(
                (c for c in node.named_children if c.type.endswith("declarator") or c.type in _INNER), None
            )
    return inner


def _spelled(node: Node) -> tuple[str, ...]:
    """The parts of a C++ name without template arguments."""
    kind = node.type
    if kind == "qualified_identifier":
        scope, name = node.child_by_field_name("scope"), node.child_by_field_name("name")
        return (*(_spelled(scope) if scope else ()), *(_spelled(name) if name else ()))
    if kind in ("template_function", "template_method", "template_type"):
        name = node.child_by_field_name("name")
        return _spelled(name) if name else ()
    if kind == "operator_cast":
        target = node.child_by_field_name("type")
        return ("operator " + " ".join(text_of(target).split()),) if target else ()
    text = re.sub(r"\s+", "", text_of(node))
    if kind == "nested_namespace_specifier":
        return tuple(text.removeprefix("inline").split("::"))
    return () if text in _NOT_NAMES else (text,)


def _javascript(name: Node) -> tuple[str, ...]:
    text = text_of(name)
    if name.type == "member_expression":
        parts = _PROTOTYPE.sub("", text).split(".")
        return tuple(part for part in parts if part.isidentifier())
    if name.type in ("string", "computed_property_name", "private_property_identifier"):
        return (text.strip("\"'[]"),)
    return (text,)


def _implemented(impl: Node) -> tuple[str, ...]:
    subject, trait = impl.child_by_field_name("type"), impl.child_by_field_name("trait")
    if subject is None:
        return ()
    name = _rust_type(subject)
    return (f"<{name} as {_rust_type(trait)}>",) if trait is not None else (name,)


def _rust_type(node: Node) -> str:
    """A type's own name: ``Vec`` of ``&mut alloc::Vec<T>``."""
    text = text_of(node)
    while (shorter := _GENERICS.sub("", text)) != text:
        text = shorter
    text = re.sub(r"^(?:&|'\w+|mut\b|dyn\b|\s)+", "", text)
    return text.rsplit("::", 1)[-1].strip()


def _go_method(method: Node, name: Node) -> tuple[str, ...]:
    receiver = method.child_by_field_name("receiver")
    found = _RECEIVER.search(text_of(receiver)) if receiver else None
    if found is None:
        return (text_of(name),)
    return (f"(*{found[2]})" if found[1] else found[2], text_of(name))
