"""The name of a function without its template, generic or type arguments, by balanced brackets."""

from __future__ import annotations

import re
from collections.abc import Callable


def without_template_arguments(name: str) -> str:
    """Return `name` without template (C++), generic (Rust, C#, Swift) and type (Go) arguments, the second-level key.

    Angle brackets that are not an argument list keep their place: `operator<`, `operator->`, Rust's
    `<T as Trait>::method` and `<impl Trait for T>`, Python's `<listcomp>`, Java's `<init>`. A name whose brackets do
    not balance (cut off by the tool that wrote it) is returned unchanged.
    """
    if "<" in name:
        return _without_angle_lists(name)
    if "[" in name and "::" not in name:
        return without_bracket_groups(name, _is_type_argument_list)
    return name


def _is_type_argument_list(content: str) -> bool:
    # Not an array bound (`char[10]`), a subscript operator (`operator[]`) or an ABI tag (`name[abi:cxx11]`).
    return bool(content) and not content.isdigit() and not content.startswith("abi:")


def without_bracket_groups(name: str, wanted: Callable[[str], bool]) -> str:
    """Drop the outermost balanced `[...]` groups that follow an identifier and whose content is wanted."""
    kept: list[str] = []
    done = at = 0
    while (at := name.find("[", at)) >= 0:
        end = _closing_bracket(name, at)
        if end < 0:
            break
        if at > 0 and _is_identifier(name[at - 1]) and wanted(name[at + 1 : end]):
            kept.append(name[done:at])
            done = at = end + 1
        else:
            at += 1
    return "".join(kept) + name[done:]


_BRACKET = re.compile(r"[\[\]]")


def _closing_bracket(name: str, opening: int) -> int:
    depth = 0
    for match in _BRACKET.finditer(name, opening):
        depth += 1 if match[0] == "[" else -1
        if depth == 0:
            return match.start()
    return -1


def _is_identifier(character: str) -> bool:
    return character.isalnum() or character in "_$"


# `operator<<` before `(`, a space, `<` or the end is the shift; before a name it is `operator<` with `<int>`.
_ANGLE_TOKEN = re.compile(
    r"(?<![\w$])operator ?(?:<=>|<<=|>>=|->\*?|<<(?=[\s(<\[]|$)|<=|<|>>(?=[\s(<\[]|$)|>=|>|\(\)|\[\])"
    r"|::|->|[<>()\[\]{}]"
)
_CLOSES = {")": "(", "]": "[", "}": "{"}


def _without_angle_lists(name: str) -> str:
    # `texts[0]` collects what is kept at top level; each open `<` collects its own content until its `>` decides.
    texts: list[list[str]] = [[]]
    # Brackets now open; of the angle ones "<list" follows a name, "<path" follows `::`, "<self" stands alone.
    opened: list[str] = []
    at = 0
    after_operator = False
    for match in _ANGLE_TOKEN.finditer(name):
        token, text = match[0], name[at : match.start()]
        texts[-1].append(text)
        at = match.end()
        if token == "<":
            opened.append(_kind_of_angle(name[: match.start()], after_operator and not text.strip()))
            texts.append([])
        elif token == ">" and not opened:
            return name
        elif token == ">" and opened[-1].startswith("<"):
            _close_angle(opened.pop(), "".join(texts.pop()), texts[-1])
        else:
            if token in "([{":
                opened.append(token)
            elif token in _CLOSES and _CLOSES[token] in opened:
                # An angle bracket still open here was a comparison inside these brackets.
                while (inner := opened.pop()) != _CLOSES[token]:
                    if inner.startswith("<"):
                        content = texts.pop()
                        texts[-1].extend(("<", *content))
            texts[-1].append(token)
        after_operator = token.startswith("operator")
    if len(texts) > 1:
        return name
    return "".join(texts[0]) + name[at:]


def _kind_of_angle(before: str, after_operator: bool) -> str:
    if after_operator:
        return "<list"
    if before.endswith("::"):
        return "<path"
    # `)<` is a comparison of two expressions in a template argument; other brackets end a name (`f[abi:cxx11]<int>`).
    return "<list" if before and (_is_identifier(before[-1]) or before[-1] in "}]'") else "<self"


def _close_angle(kind: str, content: str, kept: list[str]) -> None:
    """Append a closed `<content>` to what surrounds it, or drop it there if it is an argument list."""
    qualifies = (
        content.startswith("impl ") or content in {"init", "clinit"} or " as " in content.split("<", 1)[0]
    )
    if kind == "<self" or (kind == "<path" and qualifies):
        kept.append(f"<{content}>")
        return
    if kind == "<path":
        while kept and kept[-1] in {"", "::"}:  # Rust's `f::<T>`: the colons belong to the list
            kept.pop()
    elif kept and kept[-1].isspace():
        kept.pop()  # `operator< <int>`: the space only keeps the brackets apart
