"""Long names in little room: what tells a function from its neighbours is still there."""

from __future__ import annotations

import pytest
from hotspot.report.fitting import fit_name, fit_place, name_cell
from hotspot.report.table import Column, Report, Table, terminal
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("name", "width", "fitted"),
    [
        ("short", 5, "short"),
        # C++: arguments, scopes inside template arguments, template arguments
        ("ns::Parser::parse(std::string const&, int) const", 30, "ns::Parser::parse(…) const"),
        (
            "std::_Rb_tree<std::string, std::pair<std::string const, ns::Value> >::_M_erase(void*)", 70,
            "std::_Rb_tree<string, pair<string const, Value> >::_M_erase(…)",
        ),
        ("std::map<std::string, std::vector<ns::Value> >::find(K const&)", 40, "std::map<string, vector<…> >::find(…)"),
        ("std::map<std::string, std::vector<ns::Value> >::find(K const&)", 24, "std::map<…>::find(…)"),
        ("boost::asio::detail::scheduler::do_run_one", 24, "…scheduler::do_run_one"),
        ("ns::operator<(ns::Value const&, ns::Value const&)", 20, "ns::operator<(…)"),
        # Rust: the hash, the paths of an impl
        ("core::slice::sort::merge_sort::h0123456789abcdef", 30, "core::slice::sort::merge_sort"),
        ("<alloc::vec::Vec<T> as core::ops::Index<I>>::index", 40, "<Vec<T> as Index<I>>::index"),
        # Java, as perf maps, async-profiler and the Debugger write it
        ("org/mozilla/javascript/IdScriptableObject;.has(Ljava/lang/String;)Z", 50,
         "org/mozilla/javascript/IdScriptableObject;.has(…)"),
        ("java/util/concurrent/ThreadPoolExecutor.runWorker", 36, "…ThreadPoolExecutor.runWorker"),
        ("org.apache.spark.sql.catalyst.expressions.Cast.eval", 28, "…expressions.Cast.eval"),
        # Go
        ("github.com/acme/store/index.(*Tree[go.shape.string]).Insert", 40, "…index.(*Tree[go.shape.string]).Insert"),
        # one word
        ("an_extremely_long_c_function_name_without_any_scope", 24, "an_extremely_lo…ny_scope"),
    ],
)  # fmt: skip
def test_names(name: str, width: int, fitted: str) -> None:
    assert fit_name(name, width) == fitted


@pytest.mark.parametrize(
    ("place", "width", "fitted"),
    [
        ("example.com/orders/main.go:54", 29, "example.com/orders/main.go:54"),
        ("example.com/orders/main.go:54", 20, "…/orders/main.go:54"),
        ("example.com/orders/main.go:54", 12, "…/main.go:54"),
        ("example.com/orders/main.go:54", 8, "…n.go:54"),
        ("libsystem_platform.dylib", 12, "libsystem_p…"),
    ],
)
def test_places(place: str, width: int, fitted: str) -> None:
    assert fit_place(place, width) == fitted


@given(st.text(st.sampled_from("ab<>()[]:./;, ~*&→漢-=operator"), max_size=80), st.integers(12, 60))
def test_whatever_it_is_it_fits(text: str, width: int) -> None:
    assert len(fit_name(text, width)) <= width
    assert len(fit_place(text, width)) <= width
    if len(text) <= width:
        assert fit_name(text, width) == fit_place(text, width) == text


def test_a_name_as_hostile_as_it_is_long_is_fitted_after_it_was_cleaned() -> None:
    report = Report((Table((Column("f", grow=True),), ((name_cell("\x1b[31m" * 50),),)),))
    assert "\x1b" not in terminal(report, color=False, width=40)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("_$LT$a..B$LT$T$C$U$GT$$u20$as$u20$c..D$GT$::next", "<a::B<T,U> as c::D>::next"),
        ("core::call_once$u7b$$u7b$vtable.shim$u7d$$u7d$", "core::call_once{{vtable.shim}}"),
        ("m::_$u7b$$u7b$closure$u7d$$u7d$", "m::{{closure}}"),
        ("a/A$C$B.run", "a/A$C$B.run"),  # a class inside a class
        ("app::$LT", "app::$LT"),
        ("std::operator..::f", "std::operator..::f"),
        ("m::$u1b$[31m", r"m::\x1b[31m"),
    ],
)
def test_escapes_of_rust_are_shown_as_what_they_stand_for(name: str, shown: str) -> None:
    assert name_cell(name).text == shown
