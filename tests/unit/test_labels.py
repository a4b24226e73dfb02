from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hotspot.importers.base import decode_text
from hotspot.importers.labels import Label, format_label, parse_label
from hotspot.profile import Kind, ModuleStyle
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import NAMES, SETTINGS

BACKTICK, BANG, PARENTHESES = ModuleStyle.BACKTICK, ModuleStyle.BANG, ModuleStyle.PARENTHESES

# Each row of the table in hotspot.importers.labels, and how they combine.
CONVENTIONS = {
    "vfs_read_[k]": Label("vfs_read", kind=Kind.KERNEL),
    "java/lang/String:.equals_[j]": Label("java/lang/String:.equals", kind=Kind.JIT),
    "core::cmp::max_[i]": Label("core::cmp::max", kind=Kind.INLINED),
    "try_to_wake_up_[w]": Label("try_to_wake_up", kind=Kind.WAKER),
    "fit (implicit/als.py:159)": Label("fit", "implicit/als.py", 159),
    "<module> (x.py:3)": Label("<module>", "x.py", 3),
    "<listcomp> (C:\\app\\x.py:3)": Label("<listcomp>", "C:\\app\\x.py", 3),
    "Object#foo (a.rb:3)": Label("Object#foo", "a.rb", 3),
    "block (2 levels) in run (a.rb:3)": Label("block (2 levels) in run", "a.rb", 3),
    "pkg.(*T).Method (file.go:12)": Label("pkg.(*T).Method", "file.go", 12),
    "main (/home/me/app (copy)/a b.py:7)": Label("main", "/home/me/app (copy)/a b.py", 7),
    "f(int, char) (a.cc:9)": Label("f(int, char)", "a.cc", 9),
    "handler (Makefile:12)": Label("handler", "Makefile", 12),
    "run (als.py)": Label("run", "als.py"),
    "run (C:\\app\\als.py)": Label("run", "C:\\app\\als.py"),
    "run (./als.py)": Label("run", "./als.py"),
    "<module> (<string>)": Label("<module>", "<string>"),
    "_find_and_load (<frozen importlib._bootstrap>:1027)": Label(
        "_find_and_load", "<frozen importlib._bootstrap>", 1027
    ),
    "read (libc.so.6)": Label("read", module="libc.so.6", module_style=PARENTHESES),
    "read (/usr/lib/libc-2.31.so)": Label("read", module="/usr/lib/libc-2.31.so", module_style=PARENTHESES),
    "PyEval (python3.11)": Label("PyEval", module="python3.11", module_style=PARENTHESES),
    "PyEval (/usr/bin/python3.11)": Label("PyEval", module="/usr/bin/python3.11", module_style=PARENTHESES),
    "gettime ([vdso])": Label("gettime", module="[vdso]", module_style=PARENTHESES),
    "pow (libm.so.6) (e_pow.c:56)": Label("pow", "e_pow.c", 56, "libm.so.6", module_style=PARENTHESES),
    "genunix`fop_read": Label("fop_read", module="genunix", module_style=BACKTICK),
    "libc.so.1`0xfffffd7fff": Label("0xfffffd7fff", module="libc.so.1", module_style=BACKTICK),
    "stress2`<&'a mut T as Foo<'a>>::get": Label(
        "<&'a mut T as Foo<'a>>::get", module="stress2", module_style=BACKTICK
    ),
    "mysqld`f(char const*)": Label("f(char const*)", module="mysqld", module_style=BACKTICK),
    "Activity Monitor`main": Label("main", module="Activity Monitor", module_style=BACKTICK),
    "Code Helper (Renderer)`main": Label("main", module="Code Helper (Renderer)", module_style=BACKTICK),
    "libm`pow (e_pow.c:56)_[i]": Label("pow", "e_pow.c", 56, "libm", Kind.INLINED, BACKTICK),
    "ntdll.dll!RtlUserThreadStart": Label("RtlUserThreadStart", module="ntdll.dll", module_style=BANG),
    "my app.exe!ns::f<int>": Label("ns::f<int>", module="my app.exe", module_style=BANG),
    "[libc-2.19.so]": Label("[unknown]", module="libc-2.19.so"),
    "[perf-10939.map]_[j]": Label("[unknown]", module="perf-10939.map", kind=Kind.JIT),
    "[[vdso]]": Label("[unknown]", module="[vdso]"),
    "[[kernel.kallsyms]]_[k]": Label("[unknown]", module="[kernel.kallsyms]", kind=Kind.KERNEL),
    'process 12:"python x.py"': Label('process 12:"python x.py"', kind=Kind.PROCESS),
    "process 12": Label("process 12", kind=Kind.PROCESS),
    "thread (0x7F12)": Label("thread (0x7F12)", kind=Kind.THREAD),
    "thread (0x7F12): MainThread": Label("thread (0x7F12): MainThread", kind=Kind.THREAD),
    "[main tid=12]": Label("[main tid=12]", kind=Kind.THREAD),
    "[tid=12]": Label("[tid=12]", kind=Kind.THREAD),
}

# Texts that look like a convention and are none.
NAMES_ONLY = [
    "main",
    "operator()",
    "std::function<void ()>::operator()() const",
    "(anonymous namespace)::f(int)",
    "foo(bar)::{lambda(int)#1}::operator()(int) const",
    "f (int, char)",
    "f(int) (.part.0)",
    "f(int) (.part.0.cold)",
    "f(int) [clone .isra.0]",
    "<T as core::fmt::Display>::fmt",
    "core::ops::function::FnOnce::call_once{{vtable.shim}}",
    "main.(*Server).Serve",
    "runtime.goexit",
    "Lorg/x/Y:.m",
    "net/spy/memcached/MemcachedConnection:::handleReads",
    "GHC.Base.$fMonadIO1",
    "x `div` y",
    "System.Collections.Generic.List`1.Add",
    "Dictionary`2[System.__Canon]::Add",
    "std::`anonymous namespace'::f",
    "`anonymous namespace'::f",
    'say "`hello`"',
    "RegExp:`[^`]+`",
    "println!",
    "Base.push!(a, b)",
    "LazyCompile:~body_0 evalmachine.<anonymous>:1",
    "RegExp:\\bFoo ?Bar",
    "0x7fff5a",
    "[unknown]",
    "[unknown <6eaf28>]",
    "[libc-2.19.so <f35d>]",
    "[dd]",
    "[no stack]",
    "[a/libc.so]",
    "f (x.py:0)",
    "f (x.py:007)",
    "f (x.js:10:5)",
    "f (:3)",
    "f ()",
    "f (9999999999:1234567890)",
    "(x.py:3)",
    " (x.py:3)",
    "f(x.py:3)",
    "process",
    "process of elimination",
    "process 12a",
    "thread pool",
    "thread (main)",
    "_[k]",
    "name_[z]",
    "name[k]",
]


@pytest.mark.parametrize(("text", "label"), CONVENTIONS.items())
def test_a_convention_is_read_and_written(text: str, label: Label) -> None:
    assert parse_label(text) == label
    assert format_label(label) == text


@pytest.mark.parametrize("text", NAMES_ONLY)
def test_what_fits_no_convention_is_a_name(text: str) -> None:
    assert parse_label(text) == Label(text)
    assert format_label(Label(text)) == text


def test_rbspy_labels_get_the_common_form() -> None:
    label = parse_label("block in run - /app/lib/a b.rb:12")
    assert label == Label("block in run", "/app/lib/a b.rb", 12)
    assert format_label(label) == "block in run (/app/lib/a b.rb:12)"


@pytest.mark.parametrize(
    ("label", "text"),
    [
        (Label("a;b"), "a:b"),
        (Label("a\r\nb\u2028c"), "a  b c"),
        (Label("f", "a;b.py", 3), "f (a:b.py:3)"),
        (Label(""), "[unknown]"),
        (Label("", module="/usr/lib/libc.so.6"), "[libc.so.6]"),
        (Label("[unknown]", module="/usr/bin/dd"), "[dd]"),
        (Label("[unknown]", module="[unknown]"), "[unknown]"),
        (Label("[unknown]", module="/usr/bin/dd", module_style=PARENTHESES), "[unknown] (/usr/bin/dd)"),
        (Label("read", module="/usr/lib/libc.so.6"), "read"),
        (Label("read", "read.c", 0, "/usr/lib/libc.so.6", Kind.KERNEL), "read (read.c)_[k]"),
        (Label("read", "", 7), "read"),
        (Label("python", kind=Kind.PROCESS), "python"),
    ],
)
def test_writing_what_no_label_can_hold(label: Label, text: str) -> None:
    assert format_label(label) == text


# Pieces that labels are made of, put together in every wrong way.
PIECES = st.sampled_from(
    [
        "(",
        ")",
        "[",
        "]",
        "`",
        "!",
        ":",
        "_[k]",
        "_[i]",
        ".so",
        ".py",
        ".dll",
        ":12",
        ":0",
        "f",
        "0x1",
        "'",
        '"',
        "/",
        "<",
        ">",
        ".rb",
        "tid=1",
        "unknown",
        "python3",
        "\\",
        ",",
        "é",
    ]
)
SPACED = st.sampled_from([" ", " (", " - ", "process 1", "thread 1", " - a.rb:3"])
LABELS = st.one_of(
    st.sampled_from(NAMES), st.text(max_size=20), st.lists(PIECES | SPACED, max_size=8).map("".join)
)


@SETTINGS
@given(LABELS)
def test_any_label_is_written_back_as_it_was_read(text: str) -> None:
    label = parse_label(text)
    if " - " in text and label.file:  # rbspy's
        assert parse_label(format_label(label)) == label
    elif text:
        assert format_label(label) == format_label(Label(text))


@SETTINGS
@given(LABELS)
def test_what_was_written_is_read_the_same_again(text: str) -> None:
    once = format_label(parse_label(text))
    assert format_label(parse_label(once)) == once


def corpus_labels(corpus: Path) -> Iterator[tuple[str, str]]:
    """Yield (file, label) of folded files and of the titles of SVGs."""
    for path in sorted([*corpus.glob("expected/*collapsed*"), *corpus.glob("collapsed/*")]):
        for line in decode_text(path.read_bytes()).splitlines():
            if not line.startswith(("#", "//")) and line.strip():
                yield from ((path.name, label) for label in line.rsplit(None, 1)[0].split(";"))
    counts = re.compile(r" \([^()]*(?:samples|ms|us|bytes|%)[^()]*\)\s*$")
    for path in sorted(corpus.glob("svg-flamegraph/*")):
        text = path.read_bytes().decode("utf-8", "backslashreplace")
        titles = re.findall(r"<title>([^<]*)</title>", text) + re.findall(
            r"""onmouseover="s\('([^"]*)'\)\"""", text
        )
        yield from ((path.name, counts.sub("", html.unescape(title))) for title in titles)


def test_every_label_of_the_corpus_is_written_back_as_it_was_read(corpus: Path) -> None:
    seen = 0
    for file, label in corpus_labels(corpus):
        if label:
            seen += 1
            assert format_label(parse_label(label)) == label.replace(";", ":"), file
    assert seen > 50_000


def test_a_label_of_a_megabyte_is_read_in_no_time() -> None:
    begin = time.perf_counter()
    for piece in ("(", ")", "`", " (", "a.so ", "!x.dll", ":1", " - a.rb:1", "_[k]"):
        parse_label("f " + piece * (200_000 // len(piece)) + ")")
        parse_label("f " + piece * (200_000 // len(piece)) + "]")
    assert time.perf_counter() - begin < 30  # quadratic matching takes hours


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("java/util/HashMap.put_[0]", Label("java/util/HashMap.put")),
        ("java/util/HashMap.put_[1]", Label("java/util/HashMap.put", kind=Kind.JIT)),
        ("_[0]", Label("_[0]")),
        ("a_[2]", Label("a_[2]")),
    ],
)
def test_tiers_of_compilation_are_no_part_of_a_name(text: str, label: Label) -> None:
    assert parse_label(text) == label
