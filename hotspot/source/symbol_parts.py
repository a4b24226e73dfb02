"""A function's name taken apart, whatever language spelled it: ``app::<impl Row>::parse::<u8>`` is app, Row, parse.

Profiles and `hotspot.source.definitions` spell one function in different ways; their parts can be compared. What a
source file has not is dropped: template and argument lists, return types, closures, the numbers of anonymous classes.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

_MOST = 4000  # characters; longer names are templates' and say nothing that the text before them does not
_DEEPEST = 8  # types in types
_OPENS = {"(": ")", "<": ">", "[": "]", "{": "}"}
_SEPARATOR = re.compile(r"::|[./#]")
_WORD = re.compile(r"[\w$~@%][\w$~@%-]*")
_OPERATOR = re.compile(
    r"operator(?![\w$])\s*(?:\(\)|\[\]|(?:new|delete)\b(?:\[\])?|co_await\b|\"\"\s*\w+"
    r"|(?P<sign>[^\w\s(:]+)(?=\s*[(<]|\s*$)|[^(]+)\s*"
)
# What Python names code that is no function of its own; V8's and Java's spelling of the nameless.
_INNER = re.compile(r"<(?:module|locals|lambda|listcomp|setcomp|dictcomp|genexpr|anonymous)>")
_NAMES_IN_BRACKETS = frozenset({"<init>", "<clinit>"})
_GO_CLOSURE = re.compile(r"(?:\.(?:func\d+|gowrap\d+|deferwrap\d+|\d+))+(?:-range\d+)?$|-fm$")
_CLONE = re.compile(r"\s*\[(?:clone|abi:)[^\]]*\]")
_JAVA_LAMBDA = re.compile(r"\blambda\$(\w+)\$\d*$")
# How a closure follows the function around it: gcc's and Rust's, LLVM's, clang's; what of a name may stand behind it.
_NESTED = re.compile(
    r"::(?:\{\{?closure(?:#\d+)?\}?\}(?:#\d+)?|\{lambda[^{}]*\}|'lambda\d*'(?:\([^()]*\))?|\$_\d*)"
)
_NOTHING_MORE = re.compile(
    r"(?:::(?:operator\(\)(?:\s*<.*>)?|_FUN|__invoke))?(?:\(.*\))?(?:\s*(?:const|mutable|noexcept|\[clone.*\]))*$",
    re.DOTALL,
)
_GO_NESTED = re.compile(r"([\w./*()\[\]-]*?\.[\w()*\[\].]*?\w\)?)(?:\.func\d*(?:\.\d+)*)+")
_QUALIFIER = re.compile(r"\s*(?:const|volatile|noexcept|&&?)(?![\w$])")
_RUST_POINTER = re.compile(r"^(?:[&*]|'\w+\s|mut\s|const\s|dyn\s|\s)+")


@lru_cache(maxsize=1 << 16)
def symbol_parts(name: str) -> tuple[str, ...]:
    """Return the parts of a name, outermost first; empty where it names no function.

    A Rust implementation of a trait is one part, ``Row as Display``, without the paths of either.

    >>> symbol_parts("void ns::A<int>::b<char>(std::string) const")
    ('ns', 'A', 'b')
    >>> symbol_parts("<app::Row as core::fmt::Display>::fmt")
    ('app', 'Row as Display', 'fmt')
    >>> symbol_parts("example.com/vm.(*Stack[...]).Pop.func1")
    ('example', 'com', 'vm', 'Stack', 'Pop')
    """
    return _parts(_GO_CLOSURE.sub("", _CLONE.sub("", name[:_MOST]).strip()), 0)


def function_around(name: str) -> str:
    """Return the function that a closure is written in; a name that is no closure's as it is.

    >>> function_around("app::load::{{closure}}::{{closure}}")
    'app::load'
    >>> function_around("void sort<int>(int)::{lambda(int)#1}::operator()(int) const")
    'void sort<int>(int)'
    >>> function_around("std::sort<int*, run()::{lambda(int)#1}>(int*)")
    'std::sort<int*, run()::{lambda(int)#1}>(int*)'
    """
    if found := _JAVA_LAMBDA.search(name):
        return name[: found.start()] + found[1]
    if found := _GO_NESTED.fullmatch(name):
        return found[1]
    if not any(hint in name for hint in ("{closure", "{lambda", "'lambda", "$_")):
        return name
    at = 0
    while 0 <= at < len(name):
        if at and (found := _NESTED.match(name, at)):
            rest = _NESTED.sub("", name[found.start() :])
            return name[:at] if _NOTHING_MORE.match(rest) else name
        # what is in brackets is another function's
        at = _closing(name, at) + 1 or len(name) if name[at] in _OPENS else at + 1
    return name


def _parts(text: str, depth: int) -> tuple[str, ...]:
    return () if depth > _DEEPEST else (_Reader(text, depth).read() or ())


class _Reader:
    """Reads one name from left to right.

    Args:
        text: the name.
        depth: how many types it is inside of.
    """

    def __init__(self, text: str, depth: int) -> None:
        self.text = text
        self.depth = depth
        self.at = 0
        self.parts: list[str] = []
        self.begins = True  # a part may begin here
        self.closure = False  # the last part was one; the operator() after it is no function of its own

    def read(self) -> tuple[str, ...] | None:
        """Return the parts, or None where the text is no name."""
        text = self.text
        while self.at < len(text):
            if found := _SEPARATOR.match(text, self.at):
                self.at, self.begins = found.end(), True
            elif text[self.at].isspace():
                if not self._space():
                    break
            elif text[self.at] in _OPENS or text[self.at] == "'":
                if not self._group():
                    return None
            elif self.begins and (found := _OPERATOR.match(text, self.at)):
                self._operator(found)
            elif found := _WORD.match(text, self.at):
                self.at, self.begins = found.end(), False
                self._word(found[0])
            elif text[self.at] in "*&" and not self.closure:  # of a return type, which a space ends
                self.at += 1
            else:
                return None
        return tuple(self.parts)

    def _space(self) -> bool:
        """What precedes a space is a return type or an adjective; after an argument list the name is over."""
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        if self._ended() or _QUALIFIER.match(self.text, self.at):
            while found := _QUALIFIER.match(self.text, self.at):
                self.at = found.end()
            return self.text.startswith("::", self.at)
        self.parts.clear()
        self.begins, self.closure = True, False
        return True

    def _ended(self) -> bool:
        """Whether the argument list is over, that of ``decltype(auto)`` apart."""
        before = self.text[: self.at].rstrip()
        return before.endswith(")") and self.parts[-1:] != ["decltype"]

    def _operator(self, found: re.Match[str]) -> None:
        self.at, self.begins = found.end(), False
        text = re.sub(r"\s+", "", found[0])
        if self.closure and text == "operator()":
            return
        self.parts.append(text)

    def _word(self, word: str) -> None:
        self.closure = re.match(r"\$_\d", word) is not None  # clang's lambdas
        if self.closure:
            return
        if found := _JAVA_LAMBDA.match(word):
            word = found[1]
        parts = re.split(r"(?<=[\w])\$(?=\w)", word) if not word.startswith("$") else [word]
        self.parts += [unquote(part) for part in parts if not (part.isdecimal() and len(parts) > 1)]

    def _group(self) -> bool:
        """Read what is in brackets: a type that a part begins with, or a list that follows one."""
        start, begins = self.at, self.begins
        if self.text[start] == "'":  # 'lambda'(int), as LLVM spells it
            end = self.text.find("'", start + 1)
            self.at, self.begins, self.closure = end + 1, False, True
            return end > 0
        end = _closing(self.text, start)
        if end < 0:
            return False
        group = self.text[start : end + 1]
        self.at = end + 1
        if not begins:
            return True
        self.begins = False
        if group[0] == "{" or _INNER.match(group):
            self.closure = True
        elif group in _NAMES_IN_BRACKETS:
            self.parts.append(group)
        elif group[0] == "<":
            if not self.text.startswith("::", self.at) and not self.parts:
                return False  # <built-in method time.sleep>
            self.parts += _rust_type(group[1:-1], bool(self.parts), self.depth + 1)
        elif group[0] == "(" and group[1:2] == "*":
            self.parts += _parts(group[2:-1], self.depth + 1)
        elif group[0] == "(" and not self.parts and self.at == len(self.text):
            return False  # (program), (anonymous)
        return True


def _rust_type(text: str, nested: bool, depth: int) -> tuple[str, ...]:
    """The parts of ``T``, ``T as Trait``, ``impl T``, ``impl Trait for T``; ``nested`` where a module precedes it.

    Behind ``::`` anything but ``impl`` is a list of arguments.
    """
    implemented = text.startswith("impl ")
    if nested and not implemented:
        return ()
    text = text.removeprefix("impl ")
    if implemented and (split := _split_at(text, " for ")):
        trait, subject = split
    elif split := _split_at(text, " as "):
        subject, trait = split
    else:
        subject, trait = text, ""
    subject = _RUST_POINTER.sub("", subject)
    parts = _parts(subject, depth) or (subject,)  # a slice, a tuple
    traits = _parts(trait, depth)
    last = f"{parts[-1]} as {traits[-1]}" if traits else parts[-1]
    return (last,) if nested else (*parts[:-1], last)


def _split_at(text: str, word: str) -> tuple[str, str] | None:
    """Split at a word that stands outside brackets."""
    depth = 0
    for at, character in enumerate(text):
        if character in "<([":
            depth += 1
        elif character in ")]" or (character == ">" and text[at - 1 : at] != "-"):
            depth -= 1
        elif depth == 0 and text.startswith(word, at):
            return text[:at], text[at + len(word) :]
    return None


def _closing(text: str, start: int) -> int:
    """Where the bracket at ``start`` is closed, -1 where it is not; ``->`` and ``=>`` close nothing."""
    opens, closes = text[start], _OPENS[text[start]]
    depth = 0
    for at in range(start, len(text)):
        if text[at] == opens:
            depth += 1
        elif text[at] == closes and not (closes == ">" and text[at - 1] in "-="):
            depth -= 1
            if depth == 0:
                return at
    return -1
