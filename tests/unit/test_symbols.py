"""Identity of a function across builds: every rule on its own examples, what must stay, and the order of things."""

import time

import pytest
from hotspot.analysis.symbols import (
    RULES,
    Canonical,
    canonical,
    is_unknown,
    without_template_arguments,
)
from hypothesis import given
from hypothesis import strategies as st

EXAMPLES = [
    pytest.param(rule.id, *pair, id=f"{rule.id}:{pair[0]}") for rule in RULES for pair in rule.examples
]
COUNTER_EXAMPLES = [
    pytest.param(name, id=f"{rule.id}:{name}") for rule in RULES for name in rule.counter_examples
]


@pytest.mark.parametrize(("rule", "before", "after"), EXAMPLES)
def test_rule_rewrites_its_example(rule: str, before: str, after: str) -> None:
    found = canonical(before)
    assert found.name == after
    assert rule in found.rules


@pytest.mark.parametrize("name", COUNTER_EXAMPLES)
def test_lookalike_stays(name: str) -> None:
    assert canonical(name) == Canonical(name, ())


def test_rules_are_complete_rows() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.description.endswith("."), rule.id
        assert rule.examples, rule.id
        assert rule.counter_examples, rule.id
        for before, _ in rule.examples:
            assert not rule.hints or any(hint in before for hint in rule.hints), (rule.id, before)


@pytest.mark.parametrize(
    "name",
    [
        "<module>",
        "<listcomp>",
        "outer.<locals>.inner",
        "Cart.total",
        "func1",
        "run (shop/cart.py:12)",
        "std::vector<int>::push_back(int const&)",
        "[no stack]",
        "swapper",
        "entry_SYSCALL_64_after_hwframe",
    ],
)
def test_plain_names_are_exact(name: str) -> None:
    assert canonical(name, "/usr/bin/app") == Canonical(name, ())


def test_rules_are_named_in_the_order_they_fired() -> None:
    found = canonical("LazyCompile:*run+0x1f")
    assert found == Canonical("run", ("offset", "v8-tier"))
    # The hash ends the name only once the clone suffix is gone.
    assert canonical("a::b::h0123456789abcdef.llvm.7") == Canonical("a::b", ("compiler-suffix", "rust-hash"))


def test_two_builds_meet() -> None:
    before = "_RNvXs3_NtNtCsTACXlTRjQ_4core4iter5rangeINtNtNtB9_3ops5range"
    after = "_RNvXs3_NtNtCs2zQ9tAH61OF_4core4iter5rangeINtNtNtB9_3ops5range"
    assert canonical(before).name == canonical(after).name
    assert canonical("Cart$$Lambda$12/0x0001.run").name == canonical("Cart$$Lambda/0x00007f0a00.run").name


@pytest.mark.parametrize(
    ("name", "module", "bucket"),
    [
        ("0x7f08b5783b58", "/lib/x86_64-linux-gnu/libc.so.6", "[unknown:libc.so.6]"),
        ("[unknown]", "/opt/app/bin/server", "[unknown:server]"),
        ("[unknown]", "C:\\app\\server.exe", "[unknown:server.exe]"),
        ("??", "/tmp/perf-4711.map", "[unknown:perf.map]"),
        ("unknown", "/opt/lib/libm.so (deleted)", "[unknown:libm.so]"),
        ("ffffffff810a5c40", "[kernel.kallsyms]", "[unknown:kernel.kallsyms]"),
        ("0x12", "[unknown]", "[unknown]"),
        ("0x12", "", "[unknown]"),
        ("", "libm.so", "[unknown:libm.so]"),
        ("", "", "[unknown]"),
        ("[libm.so.6]", "/somewhere/else.so", "[unknown:libm.so.6]"),
    ],
)
def test_addresses_share_a_bucket_a_module(name: str, module: str, bucket: str) -> None:
    assert canonical(name, module).name == bucket
    assert is_unknown(name)
    assert is_unknown(bucket)


def test_an_address_behind_an_offset_knows_its_module() -> None:
    assert canonical("0x4005d6+0x10", "/bin/app") == Canonical("[unknown:app]", ("offset", "unknown-module"))


def test_exact_bucket_fires_no_rule() -> None:
    assert canonical("[unknown]") == Canonical("[unknown]", ())
    assert canonical("[unknown:libc.so.6]", "libm.so") == Canonical("[unknown:libc.so.6]", ())


@pytest.mark.parametrize(
    "name", ["add", "facade", "decade", "deadbeef", "main", "[GC]", "1234", "unknown_Java"]
)
def test_words_are_not_addresses(name: str) -> None:
    assert not is_unknown(name)


@pytest.mark.parametrize(
    ("name", "without"),
    [
        # lists that follow a name
        ("std::vector<int, std::allocator<int> >::push_back(int&&)", "std::vector::push_back(int&&)"),
        (
            "std::function<void (std::vector<int>)>::operator()(int) const",
            "std::function::operator()(int) const",
        ),
        ("foo[abi:cxx11]<int>(char)", "foo[abi:cxx11](char)"),
        ("foo()::{lambda(auto)}<int>", "foo()::{lambda(auto)}"),
        ("foo<decltype(a->b)>::c", "foo::c"),
        ("f<void (*)(int)>(int)", "f(int)"),
        ("enable_if<((sizeof...(T))<(3)), int>::type f<int>()", "enable_if::type f()"),
        ("g<(1<2)>(int)", "g(int)"),
        ("List<Cart>.Add", "List.Add"),
        # operators
        ("operator<", "operator<"),
        ("operator< <int>(a)", "operator<(a)"),
        ("operator<<int>(a)", "operator<(a)"),
        ("operator<<<int>(a)", "operator<<(a)"),
        ("std::operator<< <std::char_traits<char> >(a&)", "std::operator<<(a&)"),
        ("a::operator-><int>", "a::operator->"),
        ("a::operator<=><int>", "a::operator<=>"),
        ("a::operator>>(int)", "a::operator>>(int)"),
        ("S::operator()<(E)1>(int)", "S::operator()(int)"),
        ("std::map<int, std::less<int> >::operator[](int&&)", "std::map::operator[](int&&)"),
        ("my_operator<int>", "my_operator"),
        # Rust
        ("core::ptr::drop_in_place<alloc::vec::Vec<u8>>", "core::ptr::drop_in_place"),
        (
            "<Vec<T> as core::iter::FromIterator<T>>::from_iter",
            "<Vec as core::iter::FromIterator>::from_iter",
        ),
        ("<fn(A) -> B<C> as X>::y", "<fn(A) -> B as X>::y"),
        ("foo::<T>::bar", "foo::bar"),
        ("foo::<<T as Iterator>::Item>", "foo"),
        ("alloc::slice::<impl Foo<u8> for Vec<T>>::into_vec", "alloc::slice::<impl Foo for Vec>::into_vec"),
        ("mycrate::main::{closure}::<u8>", "mycrate::main::{closure}"),
        # Go
        ("main.Map[string,map[int]bool].Do", "main.Map.Do"),
        ("main.(*List[int]).Push", "main.(*List).Push"),
        # nothing of the kind
        ("char f(char[10])", "char f(char[10])"),
        ("<listcomp>", "<listcomp>"),
        ("outer.<locals>.<lambda>", "outer.<locals>.<lambda>"),
        ("Cart.<init>", "Cart.<init>"),
        ("LCart;::<init>", "LCart;::<init>"),
        ("Program.<>c.<Main>b__0", "Program.<>c.<Main>b__0"),
        ("-[NSArray objectAtIndex:]", "-[NSArray objectAtIndex:]"),
        # cut off: what the list was is not known
        ("std::vector<int, std::all", "std::vector<int, std::all"),
        ("alloc<char> >::push", "alloc<char> >::push"),
    ],
)
def test_template_arguments_are_dropped(name: str, without: str) -> None:
    assert without_template_arguments(name) == without
    assert without_template_arguments(without) == without


# Pieces of real names, joined at random: suffixes of suffixes, half rules, brackets that do not close.
FRAGMENTS = sorted(
    {part for rule in RULES for before, after in rule.examples for part in (before, after)}
    | {name for rule in RULES for name in rule.counter_examples}
    | {
        ".isra.0",
        ".cold",
        "::h0123456789abcdef",
        "+0x1f",
        "*",
        "~",
        ".func1",
        "#1}",
        "[go.shape.int",
        "]",
        "<",
        ">",
    }
    | {
        "$$Lambda$1",
        "/0x12",
        "$Proxy1",
        "operator<",
        "::",
        "(",
        ")",
        "{",
        "}",
        "Cs1_",
        "_R",
        "12",
        "a",
        " ",
        "\n",
    }
)
NAMES = st.one_of(
    st.text(max_size=30), st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=5).map("".join)
)


@given(name=NAMES, module=st.one_of(st.just(""), st.text(max_size=12), st.just("/usr/lib/libc.so.6")))
def test_canonical_is_idempotent(name: str, module: str) -> None:
    once = canonical(name, module)
    assert once.name
    assert (once.rules == ()) == (once.name == name)
    assert canonical(once.name, module) == Canonical(once.name, ())
    assert canonical(once.name).name == once.name
    if is_unknown(name):
        assert is_unknown(once.name)
    if is_unknown(once.name):
        assert once.name == "[unknown]" or (once.name.startswith("[unknown:") and once.name.endswith("]"))


@given(name=NAMES)
def test_template_arguments_never_fail(name: str) -> None:
    without = without_template_arguments(name)
    assert len(without) <= len(name)


def test_hundred_thousand_names_take_a_moment() -> None:
    names = [
        name
        for index in range(20_000)
        for name in (
            f"shop::Cart<int, std::string>::method_{index}(int const&, std::vector<double> const&)",
            f"core::iter::adapter{index}::next::h{index:016x}",
            f"do_something_{index}.isra.0",
            f"github.com/shop/cart/v{index}.(*Cart).Total.func1",
            f"com.shop.Cart{index}$$Lambda$12/0x0000000800c3d040.apply",
        )
    ]
    started = time.process_time()
    for name in names:
        canonical(name, "/usr/lib/libshop.so")
    # 0.7 s on the machine this was written on; the bound only catches a rule that became quadratic.
    assert time.process_time() - started < 5
