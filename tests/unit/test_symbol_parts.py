"""Names of every language taken apart."""

from __future__ import annotations

import pytest
from hotspot.source.symbol_parts import symbol_parts
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        # Python
        ("f", "f"),
        ("pkg.mod.C.m", "pkg mod C m"),
        ("outer.<locals>.inner", "outer inner"),
        ("C.m.<locals>.<listcomp>", "C m"),
        ("<listcomp>", ""),
        ("<module>", ""),
        ("<built-in method time.sleep>", ""),
        ("{built-in method time.sleep}", ""),
        # Rust
        ("app::rows::Row<T>::parse", "app rows Row parse"),
        ("app::f::<u32>", "app f"),
        ("app::f::{{closure}}", "app f"),
        ("app::f::{closure#0}::{closure#1}", "app f"),
        ("<Row<T>>::get", "Row get"),
        ("app::rows::<impl app::types::Row>::parse", "app rows Row parse"),
        # C++
        ("ns::A<int>::b(int, std::string) const", "ns A b"),
        ("void ns::f<int>(int)", "ns f"),
        ("std::enable_if<true, int>::type ns::f<int>(int)", "ns f"),
        ("std::vector<int, std::allocator<int> >* ns::make<int>()", "ns make"),
        ("decltype(auto) ns::go<int>(int&&)", "ns go"),
        ("ns::(anonymous namespace)::K::go()", "ns K go"),
        ("ns::A::operator()(int) const", "ns A operator()"),
        ("std::ostream& ns::operator<< <char>(std::ostream&, char)", "ns operator<<"),
        ("bool operator==(A const&, B const&)", "operator=="),
        ("A::operator bool() const", "A operatorbool"),
        ("A::operator new[](unsigned long)", "A operatornew[]"),
        ("A::~A()", "A ~A"),
        ("main::{lambda(int)#1}::operator()(int) const", "main"),
        ("A::b(int) const::{lambda()#1}::operator()() const", "A b"),
        ("f(int)::'lambda'(int)::operator()(int) const", "f"),
        ("main::$_0::operator()(int) const", "main"),
        ("f()::g", "f g"),
        ("f[abi:cxx11](int)", "f"),
        ("non-virtual thunk to ns::A::f()", "ns A f"),
        # Go
        ("example.com/x-y/vm.(*Stack[...]).Pop.func1.2", "example com x-y vm Stack Pop"),
        ("vm.(*Stack).Pop-fm", "vm Stack Pop"),
        ("vm.Map[...]", "vm Map"),
        ("gopkg.in/yaml%2ev3.F", "gopkg in yaml.v3 F"),
        # Java
        ("com/foo/Bar$Inner.baz", "com foo Bar Inner baz"),
        ("com.foo.Bar$1.run", "com foo Bar run"),
        ("com.foo.Bar.<init>", "com foo Bar <init>"),
        ("com.foo.Bar.lambda$baz$0", "com foo Bar baz"),
        # JavaScript
        ("async Foo.bar", "Foo bar"),
        ("$emit", "$emit"),
        ("Foo.<anonymous>", "Foo"),
        ("(anonymous)", ""),
        ("(program)", ""),
        # what is no name
        ("", ""),
        ("[unknown]", ""),
        ("-[NSFoo bar:]", ""),
        ("a::<b", ""),
    ],
)
def test_a_name_has_the_parts_its_source_has(name: str, parts: str) -> None:
    assert symbol_parts(name) == tuple(parts.split())


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("<app::Row as core::fmt::Display>::fmt", ("app", "Row as Display", "fmt")),
        ("<&mut app::Row<T> as app::Tr<U>>::go", ("app", "Row as Tr", "go")),
        ("app::<impl core::fmt::Display for app::Row>::fmt", ("app", "Row as Display", "fmt")),
        ("<[T] as app::Tr>::go", ("[T] as Tr", "go")),
    ],
)
def test_a_rust_implementation_is_one_part(name: str, parts: tuple[str, ...]) -> None:
    assert symbol_parts(name) == parts


@given(st.text(alphabet="ab:<>()[]{}. $*&'-#/~ \x00é") | st.text())
def test_any_text_is_taken_apart(name: str) -> None:
    assert all(isinstance(part, str) for part in symbol_parts(name))


@pytest.mark.parametrize("piece", ["<", "(*", "<a as ", "<<a>::b", "f(", "a ", "'", "operator"])
def test_deep_names_end(piece: str) -> None:
    symbol_parts(piece * 4000)
