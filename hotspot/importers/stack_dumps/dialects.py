"""How each tool prints a thread and a frame. All print leaf first.

To read another one, add a `Dialect`: what begins a stack, and a function that reads a frame.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from hotspot.importers._java_frames import java_place
from hotspot.profile import UNKNOWN

Place = tuple[str, str, int, str]
"""Name, file, line (0 unknown), module: what `FrameTable.intern` takes."""


@dataclass(frozen=True)
class Dialect:
    """One tool's way to print stacks.

    Attributes:
        producer: its name.
        looks: what tells a file of it; searched.
        frame: reads a frame; None where a line is none.
        thread: a line that begins a thread's stack, with ``name`` and ``tid``; matched whole.
        leaf: a line that begins a stack where no thread is printed.
        ends: a line that ends a stack.
        cut: a line that says frames were left out.
        goes_on: a line that goes on with the frame above it.
        repeats: a line from which on stacks are printed again, up to the next ``dump``.
        dump: a line that begins a dump.
        shows_waiting: whether threads that wait are printed too.
    """

    producer: str
    looks: re.Pattern[str]
    frame: Callable[[str], Place | None]
    thread: re.Pattern[str] | None = None
    leaf: re.Pattern[str] | None = None
    ends: re.Pattern[str] = re.compile(r"")
    cut: re.Pattern[str] | None = None
    goes_on: re.Pattern[str] | None = None
    repeats: re.Pattern[str] | None = None
    dump: re.Pattern[str] | None = None
    shows_waiting: bool = True


def _search(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.MULTILINE)


# -- Java: jstack, jcmd Thread.print and Thread.dump_to_file, kill -3, Android's traces.txt ------------------------

_AT = re.compile(r"\s+at (?P<text>\S.*?)")
_ANDROID_NATIVE = re.compile(
    r"\s+(?:native: )?#\d+ pc [0-9a-f]+  (?P<module>\S+)(?: \((?P<name>.*?)(?:\+\d+)?\))?(?: \(BuildId: .*)?"
)
_BARE = re.compile(r"\s{2,}(?P<text>[\w$.@/<>+-]+\([^()]*\))")
_FORCED = re.compile(r" - (?P<name>[^(\s]+)\(.*?\) @bci=-?\d+(?:, line=(?P<line>\d{1,9}))?.*")


def _java(line: str) -> Place | None:
    if at := _AT.fullmatch(line):
        return (*java_place(at["text"]), "")
    if native := _ANDROID_NATIVE.fullmatch(line):
        return native["name"] or UNKNOWN, "", 0, native["module"]
    return None


def _java_bare(line: str) -> Place | None:
    found = _BARE.fullmatch(line)
    return (*java_place(found["text"]), "") if found else None


def _java_forced(line: str) -> Place | None:
    found = _FORCED.fullmatch(line)
    return (found["name"], "", int(found["line"] or 0), "") if found else None


# -- native: gdb, pstack, eu-stack, lldb ---------------------------------------------------------------------------

_GDB = re.compile(r"#\d+ +(?:0x[0-9a-f]+ +(?:in +)?)?(?P<text>\S.*?)")
_GDB_PLACE = re.compile(
    r"(?P<text>.*) (?:at (?P<file>\S.*?):(?P<line>\d{1,9})|from (?P<module>\S.*))", re.DOTALL
)
_EU_MODULE = re.compile(r"(?P<text>(?!- ).*?|)(?: ?- 1)?(?: ?- (?P<module>\S.*))?")
_LLDB = re.compile(
    r"[* ]+frame #\d+: 0x[0-9a-f]+ (?:(?P<module>[^`]+)`)?(?P<name>.+?)(?: \+ \d+)?"
    r"(?: at (?P<file>[^:]+):(?P<line>\d{1,9})(?::\d+)?)?(?: \[opt\])?"
)


def _gdb(line: str) -> Place | None:
    found = _GDB.fullmatch(line)
    if found is None:
        return None
    text = found["text"]
    place = _GDB_PLACE.fullmatch(text)
    if place:
        text = place["text"]
    name = without_arguments(text)
    file, number, module = (
        (place["file"] or "", int(place["line"] or 0), place["module"] or "") if place else ("", 0, "")
    )
    return UNKNOWN if name == "??" else name, file, number, module


def _eu_stack(line: str) -> Place | None:
    found = _GDB.fullmatch(line)
    rest = _EU_MODULE.fullmatch(found["text"]) if found else None
    if rest is None:
        return None
    name = rest["text"]
    return UNKNOWN if not name or name.startswith("0x") else name, "", 0, rest["module"] or ""


def _lldb(line: str) -> Place | None:
    found = _LLDB.fullmatch(line)
    if found is None:
        return None
    return (
        _without_last_group(found["name"]),
        found["file"] or "",
        int(found["line"] or 0),
        found["module"] or "",
    )


def without_arguments(text: str) -> str:
    """Cut off what gdb prints of a function's arguments: from the first `` (`` that stands in no template or group."""
    depth = 0
    for i, character in enumerate(text):
        if character in "<(":
            if character == "(" and depth == 0 and i and text[i - 1] == " ":
                return text[: i - 1]
            depth += text[:i].rstrip().endswith("operator") is False or character == "("
        elif character in ">)" and depth and text[i - 1] != "-":
            depth -= 1
    return text.removesuffix(" ()") if depth == 0 else text.rpartition(" (")[0] or text


def _without_last_group(text: str) -> str:
    """Cut off the group of parentheses at the end: ``main.(*T).f(0xc0, ...)`` is ``main.(*T).f``."""
    if not text.endswith(")"):
        return text
    depth = 0
    for i in range(len(text) - 1, 0, -1):
        depth += (text[i] == ")") - (text[i] == "(")
        if depth == 0:
            return text[:i]
    return text


# -- Go ------------------------------------------------------------------------------------------------------------

_GO = re.compile(
    r"(?!created by )(?P<name>\S.*\)) (?P<file>[^\s)][^)]*?):(?P<line>\d{1,9})(?: \+0x[0-9a-f]+.*)?"
)


def _go(line: str) -> Place | None:
    found = _GO.fullmatch(line)
    return (_without_last_group(found["name"]), found["file"], int(found["line"]), "") if found else None


# -- Python, .NET, PHP ---------------------------------------------------------------------------------------------

_FAULTHANDLER = re.compile(r'\s+File "(?P<file>[^"]*)", line (?P<line>\d{1,9}|\?\?\?) in (?P<name>.+?)')
_PY_SPY = re.compile(r" {4}(?P<name>\S.*) \((?P<place>[^()]*)\)")
_PY_SPY_PLACE = re.compile(r"(?P<file>.*?)(?::(?P<line>\d{1,9}))?")
_DOTNET = re.compile(r" {2}(?P<module>[^!\s]+)!(?P<name>.+?)|  \[Native Frames\]")
_PHPSPY = re.compile(r"\d+ (?P<name>\S+) (?P<file>\S+?):(?P<line>-?\d{1,9})")


def _faulthandler(line: str) -> Place | None:
    found = _FAULTHANDLER.fullmatch(line)
    if found is None:
        return None
    return found["name"], found["file"], int(found["line"]) if found["line"].isdecimal() else 0, ""


def _py_spy(line: str) -> Place | None:
    found = _PY_SPY.fullmatch(line)
    place = _PY_SPY_PLACE.fullmatch(found["place"]) if found else None
    if found is None or place is None:
        return None
    if place["line"] is None:  # py-spy dump --native
        return found["name"], "", 0, place["file"]
    return found["name"], place["file"], int(place["line"]), ""


def _dotnet(line: str) -> Place | None:
    found = _DOTNET.fullmatch(line)
    if found is None or found["name"] is None:
        return None
    return _without_last_group(found["name"]), "", 0, found["module"]


def _phpspy(line: str) -> Place | None:
    found = _PHPSPY.fullmatch(line)
    if found is None:
        return None
    file = "" if found["file"] == "<internal>" else found["file"]
    return found["name"], file, max(int(found["line"]), 0), ""


# In the order they are asked.
DIALECTS = (
    Dialect(
        "jstack",
        _search(r'^"(?=[^\n]{0,2000}?\b(?:tid=|prio=))[^\n]*+\n(?:(?!")[^\n]*\n){0,60}?[ \t]+(?:at \S{1,500}\(|native: #|#00 pc )'),
        _java,
        thread=re.compile(r'[ \t]*"(?P<name>.{0,500})"(?: #\d+)?(?: \[(?P<tid>\d+)\])? .{0,300}?(?:\btid=|\bprio=).*'),
        repeats=re.compile(r"Found .* deadlock"),
        dump=re.compile(r"Full thread dump|----- pid "),
    ),
    Dialect(
        "jcmd Thread.dump_to_file",
        _search(r'^#\d+ "[^\n]*"[^\n]*\n\s+[\w$.@/<>+-]+\([^()\n]*\)$'),
        _java_bare,
        thread=re.compile(r'#(?P<tid>\d{1,18}) "(?P<name>.*)".*'),
    ),
    Dialect(
        "jstack -F",
        _search(r"^Thread \d+: \(state = \w+\)\n - \S+\("),
        _java_forced,
        thread=re.compile(r"Thread (?P<tid>\d{1,18}): \(state = \w+\)"),
    ),
    Dialect(
        "eu-stack",
        _search(r"^TID \d+:\n#0 "),
        _eu_stack,
        thread=re.compile(r"TID (?P<tid>\d{1,18}):"),
    ),
    Dialect(
        "gdb",
        _search(r"^#0 {2}(?:0x[0-9a-f]+ in )?\S[^\n]*\n(?:[^\n#][^\n]*\n){0,8}#1 {2}\S|^Thread \d+ \([^\n]*(?:LWP|process) \d+[^\n]*\n#0 "),
        _gdb,
        thread=re.compile(r'Thread \d+ \(.*?(?:\bLWP|\bprocess|\bid) (?P<tid>\d{1,18})\)?(?: "(?P<name>.*?)")?.*'),
        leaf=re.compile(r"#0 "),
        goes_on=re.compile(r"(?: {4,}|\t)\S"),
        cut=re.compile(r"\(More stack frames follow\.\.\.\)"),
    ),
    Dialect(
        "lldb",
        _search(r"^ {0,4}\*? {0,4}thread #\d+[^\n]*\n[* ]+frame #0: 0x"),
        _lldb,
        thread=re.compile(r" {0,4}\*? {0,4}thread #(?P<tid>\d{1,18})(?:, tid = \w+)?(?:, (?:name|queue) = '(?P<name>[^']*)')?.*"),
    ),
    Dialect(
        "Go",
        _search(r"^goroutine \d+ (?:gp=\S+ m=\S+ (?:mp=\S+ )?)?\[[^\]\n]+\]:\n\S[^\n]*\)\n\t\S+:\d+"),
        _go,
        thread=re.compile(r"(?P<name>goroutine (?P<tid>\d{1,18})) .*\[[^\]]+\]:"),
        goes_on=re.compile(r"\t\S+:\d+"),
        cut=re.compile(r"\.\.\.(?:additional|\d+) frames elided\.\.\."),
    ),
    Dialect(
        "faulthandler",
        _search(r'^(?:(?:Current t|T)hread 0x[0-9a-f]+ [^\n]*|Stack )\(most recent call first\):\n[ \t]+File "'),
        _faulthandler,
        thread=re.compile(r"(?:(?:Current t|T)hread (?P<tid>0x[0-9a-f]{1,16}) (?:\[(?P<name>.*)\] )?|Stack )\(most recent call first\):"),
        cut=re.compile(r"\s+\.\.\."),
    ),
    Dialect(
        "py-spy dump",
        _search(r"^Thread (?:0x)?[0-9A-Fa-f]+ \([a-z+]+\)(?:: [^\n]*)?\n {4}\S[^\n]* \([^()\n]*\)$"),
        _py_spy,
        thread=re.compile(r'Thread (?P<tid>(?:0x)?[0-9A-Fa-f]{1,16}) \([a-z+]+\)(?:: "(?P<name>.*)")?'),
    ),
    Dialect(
        "dotnet-stack",
        _search(r"^Thread \(0x[0-9A-Fa-f]+\):\n {2}(?:\[Native Frames\]|[^!\s]+!\S)"),
        _dotnet,
        thread=re.compile(r"Thread \((?P<tid>0x[0-9A-Fa-f]{1,16})\):"),
    ),
    Dialect(
        "phpspy",
        _search(r"\A(?:#[^\n]*\n|[ \t]*\n)*0 \S+ \S+:-?\d+\n(?:\d+ \S+ \S+:-?\d+\n|# [^\n]*\n)*\s*(?:\n|\Z)"),
        _phpspy,
        leaf=re.compile(r"0 \S"),
        shows_waiting=False,
    ),
)  # fmt: skip
