"""Symbols of each language in small repositories: which definition they mean, which several, which none."""

from __future__ import annotations

from pathlib import Path

import pytest
from hotspot.source.locate import Locator
from hotspot.source.manifests import Manifests
from hotspot.source.tree import source_tree


def make(root: Path, files: dict[str, str]) -> Path:
    for file, text in files.items():
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def locator(root: Path) -> Locator:
    return Locator(Manifests(source_tree(root)))


def places(root: Path, symbol: str, module: str = "") -> list[str]:
    """Where a symbol can be, as ``file:line qualified``."""
    found = locator(root).by_symbol(symbol, module)
    return [f"{d.file}:{d.line} {d.qualified}" for d in found]


PYTHON = {
    "src/shop/__init__.py": "def total(): pass\n",
    "src/shop/rows.py": "class Row:\n  def parse(self):\n    def inner(): pass\n    return [x for x in y]\n",
    "src/shop/cart.py": "def load(): pass\nclass Cart:\n  def load(self): pass\n",
    "tools/load.py": "def load(): pass\n",
}


@pytest.mark.parametrize(
    ("symbol", "found"),
    [
        ("Row.parse", ["src/shop/rows.py:2 Row.parse"]),
        ("parse", ["src/shop/rows.py:2 Row.parse"]),
        ("shop.rows.Row.parse", ["src/shop/rows.py:2 Row.parse"]),
        ("Row.parse.<locals>.<listcomp>", ["src/shop/rows.py:2 Row.parse"]),
        ("Row.parse.<locals>.inner", ["src/shop/rows.py:3 Row.parse.<locals>.inner"]),
        ("shop.rows.inner", ["src/shop/rows.py:3 Row.parse.<locals>.inner"]),
        ("shop.total", ["src/shop/__init__.py:1 total"]),
        ("__main__.total", ["src/shop/__init__.py:1 total"]),
        ("shop.cart.load", ["src/shop/cart.py:1 load"]),
        ("Cart.load", ["src/shop/cart.py:3 Cart.load"]),
        ("load", ["src/shop/cart.py:1 load", "src/shop/cart.py:3 Cart.load", "tools/load.py:1 load"]),
        ("Row", ["src/shop/rows.py:1 Row"]),
        ("other.rows.Row.parse", []),
        ("Column.parse", []),
        ("<listcomp>", []),
        ("<module>", []),
    ],
)
def test_python(tmp_path: Path, symbol: str, found: list[str]) -> None:
    assert places(make(tmp_path, PYTHON), symbol) == found


RUST = {
    "Cargo.toml": '[workspace]\nmembers = ["crates/*"]\n',
    "crates/lang-vm/Cargo.toml": '[package]\nname = "lang-vm"\n[[bin]]\nname = "lang"\n',
    "crates/lang-vm/src/lib.rs": "pub fn run() {}\n",
    "crates/lang-vm/src/types.rs": "pub struct Row;\nimpl Row { pub fn parse() { || 1; } }\n",
    "crates/lang-vm/src/ops/mod.rs": (
        "impl Row {\n pub fn add() {}\n}\nimpl fmt::Display for Row {\n fn fmt() {}\n}\n"
        "impl fmt::Debug for Row {\n fn fmt() {}\n}\n"
    ),
    "crates/lang-vm/benches/speed.rs": "fn run() {}\n",
    "crates/other/Cargo.toml": '[package]\nname = "other"\n',
    "crates/other/src/types.rs": "impl Row { pub fn parse() {} }\n",
}
OPS = "crates/lang-vm/src/ops/mod.rs"


@pytest.mark.parametrize(
    ("symbol", "found"),
    [
        ("lang_vm::types::Row::parse", ["crates/lang-vm/src/types.rs:2 Row::parse"]),
        ("lang::types::Row::parse::{{closure}}", ["crates/lang-vm/src/types.rs:2 Row::parse"]),
        ("lang_vm::types::Row::parse::h0f3c5a7b9d1e2f40", ["crates/lang-vm/src/types.rs:2 Row::parse"]),
        (
            "Row::parse",
            ["crates/lang-vm/src/types.rs:2 Row::parse", "crates/other/src/types.rs:1 Row::parse"],
        ),
        ("lang_vm::types::Row::add", [f"{OPS}:2 Row::add"]),
        ("lang_vm::ops::<impl lang_vm::types::Row>::add", [f"{OPS}:2 Row::add"]),
        ("<lang_vm::types::Row as core::fmt::Display>::fmt", [f"{OPS}:5 <Row as Display>::fmt"]),
        ("<lang_vm::types::Row as core::fmt::Debug>::fmt", [f"{OPS}:8 <Row as Debug>::fmt"]),
        ("lang_vm::run", ["crates/lang-vm/src/lib.rs:1 run"]),
        ("speed::run", ["crates/lang-vm/benches/speed.rs:1 run"]),
        ("serde::types::Row::add", []),
        ("core::fmt::fmt", []),
    ],
)
def test_rust(tmp_path: Path, symbol: str, found: list[str]) -> None:
    assert places(make(tmp_path, RUST), symbol) == found


CPP = {
    "src/lexer.cc": "namespace lang {\nToken Lexer::next(int n) { auto f = [](int x) { return x; }; }\n}\n",
    "src/lexer.h": "namespace lang {\nclass Lexer {\n bool operator==(const Lexer&) const { return 1; }\n};\n}\n",
    "src/macro.cc": "BEGIN_NS\nvoid Heap::sift() {}\nvoid helper() {}\nEND_NS\n",
    "src/util.c": "static int parse(char *x) { return 1; }\n",
    "lib/zip/zip.c": "int parse(char *x) { return 1; }\n",
}


@pytest.mark.parametrize(
    ("symbol", "found"),
    [
        ("lang::Lexer::next(int)", ["src/lexer.cc:2 lang::Lexer::next"]),
        (
            "lang::Lexer::next(int)::{lambda(int)#1}::operator()(int) const",
            ["src/lexer.cc:2 lang::Lexer::next"],
        ),
        ("Lexer::next", ["src/lexer.cc:2 lang::Lexer::next"]),
        ("lang::Lexer::operator==(lang::Lexer const&) const", ["src/lexer.h:3 lang::Lexer::operator=="]),
        ("lang::Heap::sift()", ["src/macro.cc:2 Heap::sift"]),
        ("lang::helper()", ["src/macro.cc:3 helper"]),  # lang is a namespace of the project
        ("other::helper()", []),
        ("std::Heap::sift()", []),
        ("std::vector<int>::push_back(int const&)", []),
        ("parse", ["lib/zip/zip.c:1 parse", "src/util.c:1 parse"]),
        ("parse.constprop.0", ["lib/zip/zip.c:1 parse", "src/util.c:1 parse"]),
    ],
)
def test_c_and_cpp(tmp_path: Path, symbol: str, found: list[str]) -> None:
    assert sorted(places(make(tmp_path, CPP), symbol)) == found


def test_a_module_narrows_what_a_name_can_mean(tmp_path: Path) -> None:
    root = make(tmp_path, CPP)
    assert places(root, "parse", "/opt/app/libzip.so.1") == ["lib/zip/zip.c:1 parse"]
    assert len(places(root, "parse", "/opt/app/server")) == 2


GO = {
    "go.mod": "module example.com/orders\n",
    "main.go": "package main\nfunc main() {}\nfunc load() {}\n",
    "vm/stack.go": "package vm\nfunc (s *Stack[T]) Pop() {}\nfunc (s Stack[T]) Len() {}\n",
    "cmd/other/main.go": "package main\nfunc load() {}\n",
}


@pytest.mark.parametrize(
    ("symbol", "found"),
    [
        ("example.com/orders/vm.(*Stack[...]).Pop", ["vm/stack.go:2 vm.(*Stack).Pop"]),
        ("vm.(*Stack).Pop.func1", ["vm/stack.go:2 vm.(*Stack).Pop"]),
        ("vm.Stack.Len", ["vm/stack.go:3 vm.Stack.Len"]),
        ("main.main", ["main.go:2 main.main"]),
        ("main.load", ["cmd/other/main.go:2 main.load", "main.go:3 main.load"]),
        ("example.com/elsewhere/vm.(*Stack).Pop", []),
    ],
)
def test_go(tmp_path: Path, symbol: str, found: list[str]) -> None:
    assert sorted(places(make(tmp_path, GO), symbol)) == found


JAVA = {
    "src/com/foo/Bar.java": (
        "package com.foo;\nclass Bar {\n Bar() {}\n void baz() {}\n"
        " void baz(int x) {}\n static class Inner { void run() {} }\n}\n"
    ),
}


@pytest.mark.parametrize(
    ("symbol", "lines"),
    [
        ("com.foo.Bar.baz", [4, 5]),  # overloads
        ("com/foo/Bar$Inner.run", [6]),
        ("com.foo.Bar.<init>", [3]),
        ("com.foo.Bar.lambda$baz$0", [4, 5]),
        ("com.bar.Bar.baz", []),
    ],
)
def test_java(tmp_path: Path, symbol: str, lines: list[int]) -> None:
    assert [d.line for d in locator(make(tmp_path, JAVA)).by_symbol(symbol)] == lines


def test_javascript(tmp_path: Path) -> None:
    root = make(
        tmp_path,
        {
            "a.js": "class Cart {\n  add(x) {}\n}\nconst sum = (a) => a;\nfunction $emit() {}\n",
            "b.ts": "export class Table<T> {\n  private row = () => 1;\n}\n",
        },
    )
    assert places(root, "Cart.add") == ["a.js:2 Cart.add"]
    assert places(root, "sum") == ["a.js:4 sum"]
    assert places(root, "$emit") == ["a.js:5 $emit"]
    assert places(root, "Table.row") == ["b.ts:2 Table.row"]
    assert places(root, "Cart.remove") == []


# -- file and line ----------------------------------------------------------------------------------------------


def in_file(root: Path, file: str, name: str, line: int | None) -> list[str]:
    return [f"{d.qualified}@{d.line}" for d in locator(root).in_file(file, name, line)]


def test_a_line_decides_between_definitions_of_one_name(tmp_path: Path) -> None:
    root = make(tmp_path, {"a.py": "def f():\n  return 1\nclass C:\n  def f(self):\n    return 2\n"})
    assert in_file(root, "a.py", "f", 2) == ["f@1"]
    assert in_file(root, "a.py", "f", 5) == ["C.f@4"]
    assert in_file(root, "a.py", "f", None) == ["f@1", "C.f@4"]
    assert in_file(root, "a.py", "C.f", None) == ["C.f@4"]
    assert in_file(root, "a.py", "a.C.f", None) == ["C.f@4"]


def test_a_line_elsewhere_leaves_it_to_the_name(tmp_path: Path) -> None:
    root = make(tmp_path, {"a.py": "def f():\n  return 1\n\ndef g():\n  return 2\n"})
    assert in_file(root, "a.py", "f", 5) == ["f@1"]
    assert in_file(root, "a.py", "h", 5) == []


def test_what_has_no_name_is_where_its_line_is(tmp_path: Path) -> None:
    root = make(tmp_path, {"a.py": "x = 1\ndef f():\n  return [y for y in x]\n"})
    assert in_file(root, "a.py", "<listcomp>", 3) == ["f@2"]
    assert in_file(root, "a.py", "<listcomp>", 1) == []
    assert in_file(root, "a.py", "<module>", 3) == []


def test_a_frame_with_a_file_has_only_that_file_parsed(tmp_path: Path) -> None:
    root = make(tmp_path, {"a.py": "def f(): pass\n", "b.py": "def f(): pass\n"})
    found = locator(root)
    assert [d.file for d in found.in_file("a.py", "f", 1)] == ["a.py"]
    assert "index" not in vars(found)


@pytest.mark.parametrize("file", ["gone.py", "folder", "text.txt", "../a.py\0"])
def test_what_cannot_be_read_defines_nothing(tmp_path: Path, file: str) -> None:
    (make(tmp_path, {"text.txt": "def f(): pass\n"}) / "folder").mkdir()
    assert in_file(tmp_path, file, "f", 1) == []
