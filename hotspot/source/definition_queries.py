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
_GENERICS = re.compile(r"<[^<>]*>")


def names_of(definition: Node, name: Node | None, language: str) -> tuple[str, ...]:
    """Return what a definition adds to a qualified name, outermost first; empty where it has no name.

    Mostly one text; ``A::b`` defined outside its class or namespace gives two, a Go method its receiver's type as Go
    spells it (``(*T)``), a Rust implementation of a trait ``<T as Trait>``.
    """
    kind = definition.type
    if kind == "function_definition" and language in ("c", "cpp"):
        return _declared(definition.child_by_field_name("declarator"))
    if kind == "impl_item":
        return _implemented(definition)
    if kind == "method_declaration" and language == "go":
        return _go_method(definition)
    if kind in ("constructor_declaration", "compact_constructor_declaration"):
        return ("<init>",)
    if kind == "static_initializer":
        return ("<clinit>",)
    if name is None:
        return ()
    text = text_of(name)
    if language in ("javascript", "typescript", "tsx"):
        if name.type in ("string", "computed_property_name", "private_property_identifier"):
            text = text.strip("\"'[]")
        elif name.type == "member_expression":
            return tuple(part for part in _PROTOTYPE.sub("", text).split(".") if part.isidentifier())
    if language == "cpp" and "::" in text:  # namespace a::b
        return tuple(part.strip() for part in text.split("::"))
    if name.type == "template_type":  # a specialisation
        text = text.split("<", 1)[0]
    return (text,)


def _declared(node: Node | None) -> tuple[str, ...]:
    """The names in a C or C++ declarator, which wraps them: a pointer to, a function of, in parentheses."""
    while node is not None:
        kind = node.type
        if kind == "qualified_identifier":
            scope = node.child_by_field_name("scope")
            return (*_declared(scope), *_declared(node.child_by_field_name("name")))
        if kind in ("template_function", "template_method", "template_type"):
            node = node.child_by_field_name("name")
        elif kind == "operator_cast":
            target = node.child_by_field_name("type")
            return ("operator " + " ".join(text_of(target).split()),) if target else ()
        elif kind == "operator_name":
            return ("operator" + re.sub(r"\s+", "", text_of(node).removeprefix("operator")),)
        elif kind in (
            "identifier",
            "field_identifier",
            "type_identifier",
            "namespace_identifier",
            "destructor_name",
        ):
            text = re.sub(r"\s+", "", text_of(node))
            return () if text in _NOT_NAMES else (text,)
        else:
            inner = node.child_by_field_name("declarator")
            if inner is None:  # parenthesised, attributed and reference declarators do not name theirs
                inner = next(
                    (c for c in node.named_children if "declarator" in c.type or "identifier" in c.type), None
                )
            node = inner
    return ()


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


def _go_method(method: Node) -> tuple[str, ...]:
    receiver, name = method.child_by_field_name("receiver"), method.child_by_field_name("name")
    if receiver is None or name is None:
        return ()
    found = re.search(r"(\*?)\s*(\w+)\s*(?:\[.*\])?\s*\)$", text_of(receiver), re.DOTALL)
    if found is None:
        return (text_of(name),)
    return (f"(*{found[2]})" if found[1] else found[2], text_of(name))
