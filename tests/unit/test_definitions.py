"""The definitions of a file: each language's ways to define a function, drawn as `kind qualified first-last@line`."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hotspot.source.definitions import definitions
from hotspot.source.grammars import LANGUAGES


def drawn(source: str, language: str) -> list[str]:
    found = definitions(dedent(source).lstrip("\n").encode(), language, "x")
    return [f"{d.kind} {d.qualified} {d.start_line}-{d.end_line}@{d.line}" for d in found]


def test_python_counts_from_the_decorator_and_spells_locals() -> None:
    source = """
        @cache
        @register(
            "rows")
        def rows():
            def inner(): pass
            class Local:
                def m(self): pass
        class Table:
            key = lambda row: row
            @property
            async def size(self):
                return 1
    """
    assert drawn(source, "python") == [
        "function rows 1-7@4",
        "function rows.<locals>.inner 5-5@5",
        "class rows.<locals>.Local 6-7@6",
        "method rows.<locals>.Local.m 7-7@7",
        "class Table 8-12@8",
        "method Table.key 9-9@9",
        "method Table.size 10-12@11",
    ]


def test_rust_implementations_traits_and_modules() -> None:
    source = """
        impl<'a, T: Ord> Heap<'a, T> {
            pub fn push(&mut self) { fn sift() {} }
        }
        impl<T> fmt::Display for &Heap<T> where T: X {
            fn fmt(&self) {}
        }
        mod tests {
            #[inline]
            pub(crate) async unsafe fn f() {}
            trait Shape { fn area(&self) {} fn sides(&self); }
        }
    """
    assert drawn(source, "rust") == [
        "method Heap::push 2-2@2",
        "function Heap::push::sift 2-2@2",
        "method <Heap as Display>::fmt 5-5@5",
        "function tests::f 9-9@9",
        "class tests::Shape 10-10@10",
        "method tests::Shape::area 10-10@10",
    ]


def test_cpp_declarators() -> None:
    source = """
        namespace a::b { namespace { template<class T> T* A<T>::f(int x) const { return 0; } } }
        A::~A() {}
        bool operator == (const A& a, const A& b) { return 1; }
        A::operator bool() const { return 1; }
        template<> struct S<int> { int &g() { return x; } };
        int (*chosen(int a))(int) { return 0; }
        template <> void made<int>(int) {}
        extern "C" int plain() { return 1; }
        struct X { X() = default; void operator()(int) {} };
        int outer(int a) { struct L { int m() { return 1; } }; return L().m(); }
        std::vector<int> &ns::C<int>::get(std::map<int, int> m) { }
        auto twice = [](int x) { return 2 * x; };
    """
    assert drawn(source, "cpp") == [
        "method a::b::A::f 1-1@1",
        "method A::~A 2-2@2",
        "function operator== 3-3@3",
        "method A::operator bool 4-4@4",
        "class S 5-5@5",
        "method S::g 5-5@5",
        "function chosen 6-6@6",
        "function made 7-7@7",
        "function plain 8-8@8",
        "class X 9-9@9",
        "method X::X 9-9@9",
        "method X::operator() 9-9@9",
        "function outer 10-10@10",
        "class outer()::L 10-10@10",
        "method outer()::L::m 10-10@10",
        "method ns::C::get 11-11@11",
        "function twice 12-12@12",
    ]


def test_c_definitions_but_no_declarations() -> None:
    source = """
        int declared(int);
        static const char *
        name(void)
        {
            if (x) { return 0; }
        }
    """
    assert drawn(source, "c") == ["function name 2-6@3"]


def test_go_receivers() -> None:
    source = """
        package store
        func (t *Table[K]) Get() {}
        func (Row) Len() int { f := func() {}; f(); return 1 }
        func Map[K any](k K) {}
    """
    assert drawn(source, "go") == [
        "method store.(*Table).Get 2-2@2",
        "method store.Row.Len 3-3@3",
        "function store.Map 4-4@4",
    ]


def test_java_classes_in_classes() -> None:
    source = """
        package com.acme;
        public class Bar<T> {
            static { int x = 1; }
            Bar(int x) {}
            @Override
            public int baz() { new Runnable() { public void run() {} }; return 1; }
            class Inner { void q() {} }
            record R(int x) { R {} }
        }
    """
    assert drawn(source, "java") == [
        "class com.acme.Bar 2-9@2",
        "method com.acme.Bar.<clinit> 3-3@3",
        "method com.acme.Bar.<init> 4-4@4",
        "method com.acme.Bar.baz 5-6@6",
        "function com.acme.Bar.run 6-6@6",
        "class com.acme.Bar.Inner 7-7@7",
        "method com.acme.Bar.Inner.q 7-7@7",
        "class com.acme.Bar.R 8-8@8",
        "method com.acme.Bar.R.<init> 8-8@8",
    ]


@pytest.mark.parametrize("language", ["javascript", "typescript", "tsx"])
def test_javascript_functions_named_by_what_they_are_assigned_to(language: str) -> None:
    source = """
        function f() { function g() {} }
        class A extends B { constructor() {} static m() {} #p() {} q = () => 1; async *gen() {} }
        const h = (a) => a, i = function named() {};
        module.exports = { k() {}, l: function () {}, 'n-o': () => 1 };
        exports.j = function () {};
        Foo.prototype.bar = function () {};
        var C = class { m() {} };
    """
    assert [line.split(" ")[1] for line in drawn(source, language)] == [
        "f", "g", "A", "A.constructor", "A.m", "A.#p", "A.q", "A.gen", "h", "i", "named", "k", "l", "n-o", "j",
        "Foo.bar", "C", "C.m",
    ]  # fmt: skip


def test_typescript_namespaces_and_abstract_classes() -> None:
    source = """
        namespace N.M {
            export abstract class A<T> { m<U>(a: U): void {} abstract y(): void; p = (a: number): number => a; }
            export function f(a: string): asserts a is string {}
        }
    """
    assert [line.split(" ")[1] for line in drawn(source, "typescript")] == [
        "N.M.A", "N.M.A.m", "N.M.A.p", "N.M.f",
    ]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("source", [b"", b"\0\xff\xfe{", b"def (:\n{{{ class", "ä".encode("latin-1") * 100])
def test_any_bytes_have_definitions(source: bytes, language: str) -> None:
    assert definitions(source, language) == ()


def test_definitions_around_a_syntax_error_are_found() -> None:
    source = "def a(): pass\n\ndef b(:\n\ndef c():\n    return 1\n"
    names = [d.name for d in definitions(source.encode(), "python")]
    assert "a" in names
    assert "c" in names


def test_utf16_source_has_the_same_lines() -> None:
    source = "# é\ndef f():\n    pass\n"
    assert definitions(source.encode("utf-16"), "python") == definitions(source.encode(), "python")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_nested_without_end_takes_no_time(language: str) -> None:
    assert definitions(b"{(" * 100_000, language) == ()
