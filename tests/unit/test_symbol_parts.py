"""Names of every language taken apart."""

from __future__ import annotations

import pytest
from hotspot.source.symbol_parts import function_around, symbol_parts
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
    parts = symbol_parts(name)
    assert isinstance(parts, tuple)
    assert all(isinstance(part, str) for part in parts)
    # a part is never more than the name says; escaped characters and traits are spelled shorter or with " as "
    assert sum(len(part.replace(" as ", "")) for part in parts) <= len(name)


@given(st.text(alphabet="ab:<>()[]{}. $*&'-#/~ \x00é_0{closure}") | st.text())
def test_the_function_around_any_text_ends(name: str) -> None:
    around = function_around(name)
    assert len(around) <= len(name)
    assert function_around(around) == around or around != name


@pytest.mark.parametrize("piece", ["<", "(*", "<a as ", "<<a>::b", "f(", "'"])
def test_a_name_that_never_closes_its_brackets_names_nothing(piece: str) -> None:
    assert symbol_parts(piece * 4000) == ()


def test_of_an_endless_name_the_beginning_is_read() -> None:
    assert symbol_parts("a " * 4000) == ("a",)
    (part,) = symbol_parts("operator" * 4000)
    assert part == "operator" * 500
    assert len(symbol_parts("a::" * 4000)) == 4000 // 3 + 1


@pytest.mark.parametrize(
    ("closure", "function"),
    [
        ("app::load::{{closure}}", "app::load"),
        ("app::load::{{closure}}::{{closure}}#2", "app::load"),
        ("app::load::{closure#0}", "app::load"),
        ("<F as app::Tr>::go::{{closure}}", "<F as app::Tr>::go"),
        ("run()::{lambda(int)#1}::operator()(int) const", "run()"),
        ("run()::{lambda(int)}::operator()(int)::{lambda()}::operator()() const", "run()"),
        ("run::{lambda(auto:1)#1}::operator()<int>(int) const [clone .isra.0]", "run"),
        ("run()::{lambda()#1}::_FUN()", "run()"),
        ("run(int)::$_0::operator()(int) const", "run(int)"),
        ("run()::'lambda'(int)::operator()(int) const", "run()"),
        ("main.process.func1", "main.process"),
        ("example.com/vm.(*Stack).Pop.func1.2", "example.com/vm.(*Stack).Pop"),
        ("com.foo.Bar.lambda$load$0", "com.foo.Bar.load"),
    ],
)
def test_the_function_around_a_closure(closure: str, function: str) -> None:
    assert function_around(closure) == function
    assert function_around(function) == function


@pytest.mark.parametrize(
    "name",
    [
        "std::sort<int*, run()::{lambda(int)#1}>(int*)",
        "std::_Function_handler<void (), run()::{lambda()#1}>::_M_invoke(std::_Any_data const&)",
        "app::load::{{closure}}::inner",
        "{{closure}}",
        "$_0::operator()",
        "core::ops::function::FnOnce::call_once{{vtable.shim}}",
        "run::operator()(int)",
        "main.func1",
        "outer.<locals>.inner",
        "lambda",
    ],
)
def test_what_is_no_closure_is_its_own_function(name: str) -> None:
    assert function_around(name) == name
