"""What a loop is, and what changes in it, in the syntax trees of each language.

Comprehensions are loops, and so are closures that an iterator calls for every element
(``rows.iter().map(|row| ...)``, ``rows.map(row => ...)``). What a loop evaluates once is not inside it: the list that
``for`` goes over, the initialiser of a C loop. Node types are those of the tree-sitter grammars.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node


@dataclass(frozen=True)
class Syntax:
    """The node types of one language.

    Attributes:
        loops: loop -> its fields that run once, outside of the repetition.
        comprehensions: loops whose first ``for`` clause names the list in the field ``right``.
        functions: definitions with a body of their own and a frame of their own.
        closures: functions without a name.
        blocks: lists of statements.
        per_element: methods and functions that call a closure for every element.
        iterators: for names of `per_element` that what holds one value at most has too (an ``Option``, an ``Optional``):
            what in the same chain of calls tells that there are many.
        single: calls after which there is one value at most.
        leaves: statements that end the function, and so every loop around them.
        calls: call -> (field of the callee, field of the arguments).
        assigned: node -> the field that it changes; empty for the whole node.
        identifiers: names of things that can change.
        reads_only: functions that do not write through a pointer they get; any other may. None where a call cannot
            change a value that a name stands for, or where that is not looked at.
        extra_changes: nodes that may let others change what is in them.
    """

    loops: dict[str, tuple[str, ...]]
    functions: frozenset[str]
    closures: frozenset[str]
    blocks: frozenset[str]
    calls: dict[str, tuple[str, str]]
    assigned: dict[str, str]
    comprehensions: frozenset[str] = frozenset()
    per_element: frozenset[str] = frozenset()
    iterators: frozenset[str] = frozenset()
    single: frozenset[str] = frozenset()
    leaves: frozenset[str] = frozenset({"return_statement", "throw_statement"})
    identifiers: frozenset[str] = frozenset({"identifier"})
    extra_changes: frozenset[str] = frozenset()
    reads_only: frozenset[str] | None = None


_READS_ONLY = frozenset(
    [
        "strlen",
        "wcslen",
        "strcmp",
        "strncmp",
        "strcasecmp",
        "strchr",
        "strrchr",
        "strstr",
        "memcmp",
        "memchr",
        "atoi",
        "atof",
        "strtol",
        "strtod",
        "getenv",
        "puts",
        "fputs",
    ]
)
_C = Syntax(
    loops={"for_statement": ("initializer",), "while_statement": (), "do_statement": ()},
    functions=frozenset({"function_definition"}),
    closures=frozenset(),
    blocks=frozenset({"compound_statement", "translation_unit", "case_statement"}),
    calls={"call_expression": ("function", "arguments")},
    assigned={
        "assignment_expression": "left",
        "init_declarator": "declarator",
        "update_expression": "argument",
    },
    extra_changes=frozenset({"pointer_expression"}),  # `&x` may be written through
    reads_only=_READS_ONLY,
)
_JAVASCRIPT = Syntax(
    loops={
        "for_statement": ("initializer",), "for_in_statement": ("right",), "while_statement": (), "do_statement": (),
    },
    functions=frozenset(
        {
            "function_declaration", "method_definition", "generator_function_declaration", "arrow_function",
            "function_expression", "generator_function",
        }
    ),
    closures=frozenset({"arrow_function", "function_expression"}),
    blocks=frozenset({"statement_block", "program", "switch_case", "class_body"}),
    calls={"call_expression": ("function", "arguments"), "new_expression": ("constructor", "arguments")},
    assigned={
        "assignment_expression": "left", "augmented_assignment_expression": "left", "update_expression": "argument",
        "variable_declarator": "name", "for_in_statement": "left",
    },
    per_element=frozenset(
        {
            "map", "filter", "forEach", "reduce", "reduceRight", "some", "every", "find", "findIndex", "flatMap",
            "sort", "toSorted", "findLast", "from",
        }
    ),
    identifiers=frozenset({"identifier", "shorthand_property_identifier_pattern", "this"}),
)  # fmt: skip

SYNTAX: dict[str, Syntax] = {
    "python": Syntax(
        loops={
            "for_statement": ("right", "alternative"), "while_statement": ("alternative",),
            "list_comprehension": (), "set_comprehension": (), "dictionary_comprehension": (),
            "generator_expression": (),
        },
        comprehensions=frozenset(
            {"list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression"}
        ),
        functions=frozenset({"function_definition", "lambda"}),
        closures=frozenset({"lambda"}),
        blocks=frozenset({"block", "module"}),
        calls={"call": ("function", "arguments")},
        assigned={
            "assignment": "left", "augmented_assignment": "left", "for_statement": "left", "for_in_clause": "left",
            "named_expression": "name", "as_pattern": "alias", "delete_statement": "",
        },
        per_element=frozenset({"map", "filter", "sorted", "sort", "min", "max", "reduce", "takewhile", "dropwhile"}),
        leaves=frozenset({"return_statement", "raise_statement"}),
    ),
    "rust": Syntax(
        loops={"for_expression": ("value",), "while_expression": (), "loop_expression": ()},
        functions=frozenset({"function_item", "closure_expression"}),
        closures=frozenset({"closure_expression"}),
        blocks=frozenset({"block", "source_file", "declaration_list"}),
        calls={"call_expression": ("function", "arguments")},
        assigned={
            "assignment_expression": "left", "compound_assignment_expr": "left", "let_declaration": "pattern",
            "for_expression": "pattern", "closure_parameters": "", "let_condition": "pattern", "match_arm": "pattern",
        },
        per_element=frozenset(
            {
                "map", "for_each", "filter", "filter_map", "flat_map", "fold", "any", "all", "position", "find",
                "find_map", "retain", "take_while", "skip_while", "map_while", "scan", "inspect", "partition",
                "try_for_each", "try_fold", "sort_by", "sort_by_key", "sort_unstable_by", "sort_unstable_by_key",
                "max_by_key", "min_by_key", "max_by", "min_by", "reduce", "rposition", "dedup_by_key",
            }
        ),
        iterators=frozenset(
            {
                "iter", "into_iter", "iter_mut", "par_iter", "into_par_iter", "chars", "bytes", "char_indices", "lines",
                "split", "split_whitespace", "splitn", "drain", "keys", "values", "values_mut", "windows", "chunks",
                "enumerate", "rev", "skip", "step_by", "chain", "cycle", "filter_map", "flat_map", "flatten", "args",
                "collect", "sum", "count", "for_each", "fold", "any", "all", "extend", "repeat", "into_values", "into_keys",
                "matches", "find_iter", "captures_iter", "read_dir", "peekable", "chunks_exact", "take_while",
            }
        ),
        single=frozenset(
            {
                "next", "next_back", "last", "nth", "find", "find_map", "max", "min", "max_by", "min_by", "max_by_key",
                "min_by_key", "position", "first", "get", "pop", "peek", "ok", "err", "reduce",
            }
        ),
        leaves=frozenset({"return_expression"}),
        identifiers=frozenset({"identifier", "self"}),
        extra_changes=frozenset({"reference_expression"}),  # only `&mut x` is looked at
    ),
    "c": _C,
    "cpp": Syntax(
        loops={**_C.loops, "for_range_loop": ("right",)},
        functions=frozenset({"function_definition", "lambda_expression"}),
        closures=frozenset({"lambda_expression"}),
        blocks=_C.blocks | {"declaration_list", "field_declaration_list"},
        calls=_C.calls,
        assigned={**_C.assigned, "for_range_loop": "declarator"},
        per_element=frozenset(
            {
                "for_each", "transform", "find_if", "count_if", "all_of", "any_of", "none_of", "remove_if", "sort",
                "stable_sort", "accumulate", "copy_if", "generate", "partition",
            }
        ),
        identifiers=frozenset({"identifier", "this"}),
        extra_changes=_C.extra_changes,
        reads_only=_READS_ONLY,
    ),
    "go": Syntax(
        loops={"for_statement": ()},
        functions=frozenset({"function_declaration", "method_declaration", "func_literal"}),
        closures=frozenset({"func_literal"}),
        blocks=frozenset({"block", "source_file", "expression_case", "default_case"}),
        calls={"call_expression": ("function", "arguments")},
        assigned={
            "assignment_statement": "left", "short_var_declaration": "left", "range_clause": "left",
            "var_spec": "name", "inc_statement": "", "dec_statement": "",
        },
        extra_changes=frozenset({"unary_expression"}),  # `&x`
    ),
    "java": Syntax(
        loops={
            "for_statement": ("init",), "enhanced_for_statement": ("value",), "while_statement": (),
            "do_statement": (),
        },
        functions=frozenset({"method_declaration", "constructor_declaration", "lambda_expression"}),
        closures=frozenset({"lambda_expression"}),
        blocks=frozenset({"block", "program", "class_body", "switch_block_statement_group", "constructor_body"}),
        calls={"method_invocation": ("name", "arguments"), "object_creation_expression": ("type", "arguments")},
        assigned={
            "assignment_expression": "left", "update_expression": "", "variable_declarator": "name",
            "enhanced_for_statement": "name",
        },
        per_element=frozenset(
            {
                "map", "forEach", "filter", "flatMap", "reduce", "anyMatch", "allMatch", "noneMatch", "mapToInt",
                "mapToLong", "mapToObj", "mapToDouble", "removeIf", "sort", "sorted", "replaceAll",
            }
        ),
        iterators=frozenset(
            {
                "stream", "parallelStream", "chars", "lines", "range", "rangeClosed", "iterate", "boxed", "mapToObj",
                "sorted", "distinct", "limit", "skip", "peek", "concat", "splitAsStream", "entries", "walk", "list",
                "collect", "toList", "toArray", "forEach", "forEachOrdered", "sum", "count", "average", "anyMatch",
                "allMatch", "noneMatch", "mapToInt", "mapToLong", "mapToDouble",
            }
        ),
        single=frozenset({"findFirst", "findAny", "min", "max", "reduce", "ofNullable"}),
        identifiers=frozenset({"identifier", "this"}),
    ),
    "javascript": _JAVASCRIPT,
    "typescript": _JAVASCRIPT,
    "tsx": _JAVASCRIPT,
}  # fmt: skip


def enclosing_loop(node: Node, top: Node, syntax: Syntax) -> Node | None:
    """Return the innermost loop (or call that runs a closure for every element) that repeats a node.

    Args:
        node: what is repeated.
        top: the function that is looked at; what encloses it does not count.
        syntax: of the language.
    """
    below, here = node, node.parent
    while here is not None and below.id != top.id:
        if here.type in syntax.leaves:
            # What is evaluated to leave the function is so once, whatever loops are left with it.
            here = _closure_around(here, top, syntax)
            if here is None:
                return None
        if here.type in syntax.loops and _is_repeated(below, here, syntax):
            return here
        if here.type in syntax.closures and here.id != top.id:
            call = per_element_call(here, syntax)
            if call is None:
                return None  # a closure that runs at another time
            return call
        below, here = here, here.parent
    return None


def _closure_around(node: Node, top: Node, syntax: Syntax) -> Node | None:
    """Return the closure that a statement leaves, None where it leaves the function that is looked at."""
    here = node.parent
    while here is not None and here.id != top.id:
        if here.type in syntax.functions:
            return here if here.type in syntax.closures else None
        here = here.parent
    return None


def _is_repeated(child: Node, loop: Node, syntax: Syntax) -> bool:
    if loop.type in syntax.comprehensions:
        clauses = [clause for clause in loop.named_children if clause.type == "for_in_clause"]
        # The list of the first clause is evaluated once; the clause is asked again below, where `child` is it.
        return not (clauses and child.id == clauses[0].id)
    once = [loop.child_by_field_name(name) for name in syntax.loops[loop.type]]
    if any(part is not None and part.id == child.id for part in once):
        return False
    return child.type != "range_clause"  # Go: what `range` goes over


def per_element_call(closure: Node, syntax: Syntax) -> Node | None:
    """Return the call that runs a closure for every element, None where it is none."""
    arguments = closure.parent
    if arguments is not None and arguments.type == "keyword_argument":
        arguments = arguments.parent
    call = arguments.parent if arguments is not None else None
    if call is None or call.type not in syntax.calls:
        return None
    callee_field, arguments_field = syntax.calls[call.type]
    found = call.child_by_field_name(arguments_field)
    callee = call.child_by_field_name(callee_field)
    if found is None or callee is None or arguments is None or found.id != arguments.id:
        return None
    name = last_name(callee)
    if name not in syntax.per_element:
        return None
    return call if name not in _ALSO_OF_ONE or not syntax.iterators or _goes_over_many(call, syntax) else None


# What an Option and an Optional have too.
_ALSO_OF_ONE = frozenset({"map", "filter", "flatMap", "inspect", "flat_map"})


def _goes_over_many(call: Node, syntax: Syntax) -> bool:
    """Whether the chain of calls that a call is part of goes over several elements, not over one value at most."""
    for name in _names_below(call, syntax):
        if name in syntax.single:
            return False
        if name in syntax.iterators:
            return True
    return any(name in syntax.iterators for name in _names_above(call, syntax))


def _names_below(call: Node, syntax: Syntax) -> Iterator[str]:
    """What is called before a call in its chain, the nearest first; ``range`` for a range that it begins with."""
    here: Node | None = call
    while here is not None:
        if here.type in syntax.calls:
            callee = here.child_by_field_name(syntax.calls[here.type][0])
            if callee is None:
                return
            if here.id != call.id:
                yield last_name(callee)
            # Rust's callee is a field of the receiver, Java's call has the receiver as a field of its own
            here = here.child_by_field_name("object") or callee.child_by_field_name("value")
        elif here.type in ("range_expression", "parenthesized_expression"):
            if here.type == "range_expression":
                yield next(iter(syntax.iterators))
            here = here.named_children[0] if here.named_children else None
        else:
            return


def _names_above(call: Node, syntax: Syntax) -> Iterator[str]:
    """What is called on a call's result, up to where there is one value at most."""
    below, here = call, call.parent
    while here is not None:
        if here.type in syntax.calls:
            callee = here.child_by_field_name(syntax.calls[here.type][0])
            receiver = here.child_by_field_name("object") or callee
            if callee is None or receiver is None or receiver.id != below.id:
                return
            name = last_name(callee)
            if name in syntax.single:
                return
            yield name
        elif here.type != "field_expression":
            return
        below, here = here, here.parent


def last_name(node: Node) -> str:
    """Return the last word of a callee: ``map`` of ``rows.iter().map``."""
    while node.named_child_count and node.type != "generic_type":
        node = node.named_children[-1]
    return (node.text or b"").decode("utf-8", "replace")


def enclosing_function(node: Node, syntax: Syntax) -> Node | None:
    """Return the innermost definition around a node that has a name, None at the top of the file."""
    here = node.parent
    while here is not None:
        if here.type in syntax.functions and here.type not in syntax.closures:
            return here
        here = here.parent
    return None


def is_in_function(node: Node, syntax: Syntax) -> bool:
    """Return whether a node is a function or lies in one, as opposed to code that runs once, at import."""
    here: Node | None = node
    while here is not None and here.type not in syntax.functions:
        here = here.parent
    return here is not None


def statement_lines(node: Node, syntax: Syntax) -> tuple[int, int]:
    """Return first and last line (from 1) of the statement around a node, or of the node where that has a block."""
    here = node
    while (
        here.parent is not None
        and here.parent.type not in syntax.blocks
        and not _has_block(here.parent, syntax)
    ):
        here = here.parent
    return here.start_point[0] + 1, here.end_point[0] + 1


def _has_block(node: Node, syntax: Syntax) -> bool:
    return any(child.type in syntax.blocks or child.type in syntax.loops for child in node.children)


def changed_names(loop: Node, syntax: Syntax) -> frozenset[str]:
    """Return the names that a loop may change: assigned, declared, taken the address of, or called a method on.

    More names than change for certain: what is not in it does not change.
    """
    changed: set[str] = set()
    for node in walk(loop):
        target: Node | None = None
        if node.type in syntax.assigned:
            name = syntax.assigned[node.type]
            target = node.child_by_field_name(name) if name else node
        elif node.type in syntax.extra_changes:
            text = node.text or b""
            if text.startswith(b"&") and (node.type != "reference_expression" or text.startswith(b"&mut")):
                target = node
        elif node.type in syntax.calls and syntax.reads_only is not None:
            changed |= _passed_on(node, syntax)
        elif node.type in syntax.closures:
            target = node.child_by_field_name("parameters") or node.child_by_field_name("parameter")
        if target is not None:
            changed |= names_in(target, syntax)
    return frozenset(changed)


def _passed_on(call: Node, syntax: Syntax) -> set[str]:
    """The names that a call may write through: ``out`` of ``sprintf(out + n, ...)``, not ``s`` of ``f(s[i])``."""
    callee_field, arguments_field = syntax.calls[call.type]
    callee, arguments = call.child_by_field_name(callee_field), call.child_by_field_name(arguments_field)
    if callee is None or arguments is None or last_name(callee) in (syntax.reads_only or ()):
        return set()
    names: set[str] = set()
    for argument in arguments.named_children:
        parts = [argument, *argument.named_children] if argument.type == "binary_expression" else [argument]
        names |= {
            (part.text or b"").decode("utf-8", "replace") for part in parts if part.type in syntax.identifiers
        }
    return names


def names_in(node: Node, syntax: Syntax) -> set[str]:
    """Return the identifiers in a node."""
    return {
        (found.text or b"").decode("utf-8", "replace")
        for found in walk(node)
        if found.type in syntax.identifiers
    }


def has_call(node: Node, syntax: Syntax) -> bool:
    """Return whether a node calls anything."""
    return any(found.type in syntax.calls for found in walk(node))


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all below it, parents first."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        yield here
        waiting.extend(reversed(here.children))
