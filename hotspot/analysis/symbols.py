"""Identity of a function across builds: what a compiler or a runtime numbers anew each time is stripped from its name.

Two builds of one program rarely spell a function alike: `lex::next::h0f3c5a7b9d1e2f40` carries a hash, `parse.isra.0` a
compiler's clone number, `Bar$$Lambda$12/0x0000000800c3d040.apply` a load address. `canonical` strips those and says which
rules did; `RULES` is the whole policy, one row a rule, each with the examples that the tests run.

Template and generic arguments are part of a name (`vector<int>` is other code than `vector<string>`) and stay;
`without_template_arguments` gives the coarser key for the functions that found no partner by their canonical name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

from hotspot.analysis.template_arguments import without_bracket_groups, without_template_arguments

__all__ = ["RULES", "Canonical", "SymbolRule", "canonical", "is_unknown", "without_template_arguments"]

UNKNOWN = "[unknown]"


@dataclass(frozen=True, slots=True)
class Canonical:
    """A name as it is compared between builds.

    Attributes:
        name: The canonical name; never empty.
        rules: Ids of the rules that changed the name, each once, in the order they did; empty where the name is exact.
    """

    name: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SymbolRule:
    """One kind of accidental difference between two spellings of a function.

    Attributes:
        id: What a diff prints as `matched_by`.
        description: What is stripped and why it differs between builds.
        hints: Literal substrings, one of which occurs in every name that `rewrite` would change. The rule without any
            is the one of unknown names, which alone depends on the module: `canonical` applies it itself, last.
        rewrite: Name to name; returns the name unchanged where the rule does not apply.
        examples: (before, after) pairs.
        counter_examples: Names that look alike and must stay.
    """

    id: str
    description: str
    hints: tuple[str, ...]
    rewrite: Callable[[str], str]
    examples: tuple[tuple[str, str], ...]
    counter_examples: tuple[str, ...]


def canonical(name: str, module: str = "") -> Canonical:
    """Return `name` without what differs between two builds or runs of the same program.

    `canonical(canonical(name, module).name).name == canonical(name, module).name` for every name.

    Args:
        name: The function as the profile names it, demangled or not.
        module: Path or name of its binary; only address-only names use it (`[unknown:libc.so.6]`).
    """
    found = _without_module(name)
    if found.name != UNKNOWN or not (base := _module_base(module)):
        return found
    return Canonical(f"[unknown:{base}]", tuple(dict.fromkeys((*found.rules, "unknown-module"))))


def is_unknown(name: str) -> bool:
    """Tell whether `name` is only an address or a word for a missing symbol: no function, never a culprit."""
    return not name or _UNKNOWN_NAME.fullmatch(name) is not None


# --- canonical ------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1 << 17)
def _without_module(name: str) -> Canonical:
    fired: list[str] = []
    # Repeated until nothing changes, which makes the result idempotent whatever order suffixes come in. It ends because
    # each rewrite leaves fewer digits or, with as many, fewer characters; a name of the unknown is left as it is.
    changed = True
    while changed and not is_unknown(name):
        changed = False
        for rule in [rule for hint, rule in _RULE_OF_HINT if hint in name]:
            rewritten = rule.rewrite(name)
            if rewritten and rewritten != name:
                name, changed = rewritten, True
                fired.append(rule.id)
    bucket = _unknown_bucket(name)
    if bucket != name:
        fired.append("unknown-module")
    return Canonical(bucket, tuple(dict.fromkeys(fired)))


# Bare hexadecimal needs a digit in front or eight characters with a digit among them: `add` and `facade` are functions.
_UNKNOWN_NAME = re.compile(
    r"0[xX][0-9a-fA-F]+"
    r"|[0-9][0-9a-fA-F]{5,15}"
    r"|(?=[a-fA-F]*[0-9])[0-9a-fA-F]{8,16}"
    r"|\?{1,3}"
    r"|unknown|(?i:\[unknown\]|<unknown>|\(unknown\))"
    r"|\[unknown:.+\]"
    r"|\[[^\]]+\.(?:so(?:\.[0-9]+)*|dll|dylib)\]",
    re.DOTALL,
)


def _unknown_bucket(name: str) -> str:
    """The bucket of an unknown name as far as the name tells; any other name unchanged."""
    if not is_unknown(name) or name.startswith("[unknown:"):
        return name
    # stackcollapse-perf.pl writes an unknown function of a known library as `[libc.so.6]`.
    return f"[unknown:{name[1:-1]}]" if name.startswith("[") and name.lower() != UNKNOWN else UNKNOWN


@lru_cache(maxsize=1 << 12)
def _module_base(module: str) -> str:
    """File name of a module, without what differs between runs: `(deleted)`, the process id of a perf map."""
    base = re.split(r"[/\\]", module.removesuffix(" (deleted)").rstrip("/\\"))[-1].strip("[]")
    base = re.sub(r"^(perf|jitted)-[0-9-]+(?=\.)", r"\1", base)
    return "" if base in {"unknown", "?", "??"} else base


# --- rewrites: plain ones are a pattern's `sub`, the others say why a pattern is not enough ---------------------------

Rewrite = Callable[[str], str]


def _sub(pattern: str, replacement: str) -> Rewrite:
    return partial(re.compile(pattern).sub, replacement)


def _all(*rewrites: Rewrite) -> Rewrite:
    def rewrite(name: str) -> str:
        for step in rewrites:
            name = step(name)
        return name

    return rewrite


_SUFFIX = r"(?:\.(?:isra|constprop|part|lto_priv|__uniq)\.[0-9]+|\.llvm\.[0-9A-Fa-f]+|\.cold(?:\.[0-9]+)?)"
# Plain, as `c++filt` prints it, as LLVM's demangler prints it; any number of them in any order.
_SUFFIXES = re.compile(rf"(?: \[clone {_SUFFIX}+\]| \({_SUFFIX}+\)|{_SUFFIX})+$")


def _strip_compiler_suffixes(name: str) -> str:
    match = _SUFFIXES.search(name)
    if not match:
        return name
    stem = name[: match.start()]
    # A bare `.cold` is also how Java, Go and Python would write a method called cold; there the stem is a dotted path,
    # which a C symbol never is.
    dotted = ("." in stem or "/" in stem) and "::" not in stem and not stem.startswith(("_Z", "_R"))
    return name if match[0] == ".cold" and dotted else stem


# Rust v0 (RFC 2603): a crate root is `C`, an optional disambiguator `s<base62>_`, and a length-prefixed identifier.
# Identifiers are consumed by their length, so that letters inside one are never taken for a disambiguator.
_V0_TOKEN = re.compile(r"(C)s[0-9A-Za-z]+_(?=u?[0-9])|[sBGL][0-9A-Za-z]*_|u?([0-9]{1,5})_?")


def _strip_v0_crate_hashes(name: str) -> str:
    if not name.startswith(("_R", "__R")):
        return name
    kept: list[str] = []
    at = 0
    while match := _V0_TOKEN.search(name, at):
        kept.append(name[at : match.start()])
        at = match.end() + int(match[2] or 0)
        kept.append(match[1] or name[match.start() : at])
    kept.append(name[at:])
    return "".join(kept)


_GO_CLOSURE = re.compile(r"\.(func|gowrap|deferwrap)[0-9]+((?:\.[0-9]+)*)(?=[.-]|$)")


def _strip_go_closure_ordinals(name: str) -> str:
    if name.startswith(("_Z", "_R")):
        return name
    # Only behind package and function: `main.func1` is a function that someone called func1.
    directory, slash, rest = name.rpartition("/")
    package, dot, path = rest.partition(".")
    # `func1.2` is the second closure inside the first: a closure in a closure, not the outer one.
    path = _GO_CLOSURE.sub(lambda match: f".{match[1]}" + ".func" * match[2].count("."), path)
    return f"{directory}{slash}{package}{dot}{path}"


def _is_shape_list(content: str) -> bool:
    return content == "..." or content.startswith("go.shape.")


# --- the rules --------------------------------------------------------------------------------------------------------

RULES: tuple[SymbolRule, ...] = (
    SymbolRule(
        id="offset",
        description="Offset into the function (`+0x1f`, `+0x1f/0x40`): where a sample fell, not what ran.",
        hints=("+0x",),
        rewrite=_sub(r"\+0x[0-9a-fA-F]+(?:/0x[0-9a-fA-F]+)?$", ""),
        examples=(
            ("vn_rele+0x3e", "vn_rele"),
            ("do_syscall_64+0x5b/0x90", "do_syscall_64"),
            (
                "core::iter::Iterator::next::h6d3c2b6db3f8302b+0xffff53cc2fce4043",
                "core::iter::Iterator::next",
            ),
        ),
        counter_examples=("operator+", "vfs_read+1", "+0x1f"),
    ),
    SymbolRule(
        id="v8-tier",
        description="V8's code kind and tier (`LazyCompile:`, `*` optimised, `~` interpreted, `^` baseline).",
        hints=("*", "~", "^", "LazyCompile:", "Function:", "JS:", "Script:+", "Eval:+"),
        rewrite=_all(
            _sub(r"^(?:LazyCompile|Function|JS):[*~^+]?(?=\S)", ""),
            # Without a name of its own the tag is all that tells what it is.
            _sub(r"^((?:LazyCompile|Function|JS|Script|Eval):)[*~^+](?=\s|$)", r"\1"),
            # Nothing else begins with these, but for a C++ destructor whose class was cut off.
            _sub(r"^[*~^](?!\w+\()(?=[\w$<(\[#.])", ""),
        ),
        examples=(
            ("*foo", "foo"),
            ("~bar", "bar"),
            ("^baz", "baz"),
            ("LazyCompile:*foo", "foo"),
            ("LazyCompile:~body_0 evalmachine.<anonymous>:1", "body_0 evalmachine.<anonymous>:1"),
            ("Function:foo", "foo"),
            ("JS:+foo /srv/app.js:3:1", "foo /srv/app.js:3:1"),
            ("Script:~ /srv/app.js:1:1", "Script: /srv/app.js:1:1"),
        ),
        counter_examples=(
            "Foo::~Foo()",
            "~Foo()",
            "*",
            "operator*",
            "Builtin:ArrayMap",
            "RegExp:[&<>\\",
            "+[NSString new]",
        ),
    ),
    SymbolRule(
        id="compiler-suffix",
        description="gcc's and clang's mark on a cloned, split or privatised function (`.isra.0`, `.cold`, `.llvm.123`).",
        hints=(".isra.", ".constprop.", ".part.", ".cold", ".lto_priv.", ".llvm.", ".__uniq."),
        rewrite=_strip_compiler_suffixes,
        examples=(
            ("lock_timer_base.isra.35", "lock_timer_base"),
            ("sock_aio_read.part.13", "sock_aio_read"),
            ("ttwu_do_activate.constprop.74", "ttwu_do_activate"),
            ("parse.constprop.0.isra.0.cold", "parse"),
            ("main.cold", "main"),
            ("main.cold.12", "main"),
            ("_ZN3fooC2Ev.cold", "_ZN3fooC2Ev"),
            ("table.lto_priv.3", "table"),
            ("hash.__uniq.123456789.llvm.987654321", "hash"),
            ("run(int) [clone .isra.0] [clone .cold]", "run(int)"),
            ("run(int) (.llvm.1119170478327948870)", "run(int)"),
        ),
        counter_examples=(
            "com.shop.Water.cold",
            "shop/water.cold",
            "memcpy.avx2",
            "part.0x",
            "spread.particles",
            "run(int) [clone .avx2]",
        ),
    ),
    SymbolRule(
        id="rust-hash",
        description="Hash at the end of Rust's legacy symbols (`::h0123456789abcdef`): new with every compiler and crate.",
        hints=("::h", "17h"),
        rewrite=_all(
            _sub(r"(?:::h[0-9a-f]{16,17})+(?!\w|::)", ""),
            _sub(r"^(_{1,2}ZN.+?)17h[0-9a-f]{16}E$", r"\1E"),
        ),
        examples=(
            ("core::fmt::write::h0123456789abcdef", "core::fmt::write"),
            ("core::fmt::write::h0123456789abcdef0", "core::fmt::write"),
            ("_$LT$T$GT$::map::h58c8b9d283d2b3ae", "_$LT$T$GT$::map"),
            ("_ZN4core3fmt5write17h0123456789abcdefE", "_ZN4core3fmt5writeE"),
            ("_ZN4core3fmt5write17h0123456789abcdefE.llvm.42", "_ZN4core3fmt5writeE"),
        ),
        counter_examples=(
            "crypto::hash",
            "color::habcdef",
            "table::h0123456789abcdef::insert",
            "::h0123456789abcdef",
            "_ZN5hello5worldE",
        ),
    ),
    SymbolRule(
        id="rust-crate-hash",
        description="Crate hash in Rust's v0 symbols (`mycrate[4df147058689a776]::`, `Cs6GSVXm7oiwY_7mycrate`).",
        hints=("]::", "Cs"),
        rewrite=_all(_sub(r"(?<=\w)\[[0-9a-f]{4,16}\](?=::)", ""), _strip_v0_crate_hashes),
        examples=(
            ("foo[1a2b3c]::bar", "foo::bar"),
            (
                "<regex[4df147058689a776]::Exec as core[9f0e]::ops::Drop>::drop",
                "<regex::Exec as core::ops::Drop>::drop",
            ),
            ("_RNvNtCs6GSVXm7oiwY_5regex4utf811decode_utf8", "_RNvNtC5regex4utf811decode_utf8"),
            ("_RNvCs15kBYyAo9fc_7mycrate12MyCssRules_1", "_RNvC7mycrate12MyCssRules_1"),
        ),
        counter_examples=(
            "name[abi:cxx11]::get",
            "std::array<int[64]>::at",
            "_RNvC7mycrate12MyCssRules_1",
            "Cs1_2",
        ),
    ),
    SymbolRule(
        id="lambda-ordinal",
        description="Number of a lambda within its function (`{lambda(int)#2}`, `{closure#0}`, `$_0`): an edit above moves it.",
        hints=("#", "'lambda", "$_", "<lambda_"),
        rewrite=_all(
            _sub(r"(?<=\))#[0-9]+(?=\})", ""),
            _sub(r"(?<=\{closure)#[0-9]+(?=\})", ""),
            _sub(r"(?<=\{\{closure\}\})#[0-9]+", ""),
            _sub(r"'lambda[0-9]+'", "'lambda'"),
            _sub(r"(?<![\w$])\$_[0-9]+", "$_"),
            _sub(r"<lambda_[0-9a-f]+>", "<lambda>"),
        ),
        examples=(
            ("main::{lambda(int)#2}::operator()(int) const", "main::{lambda(int)}::operator()(int) const"),
            ("f()::{lambda(std::function<void (int)>)#1}", "f()::{lambda(std::function<void (int)>)}"),
            ("mycrate::main::{closure#0}", "mycrate::main::{closure}"),
            ("mycrate::main::{{closure}}#1", "mycrate::main::{{closure}}"),
            ("main::$_0::operator()() const", "main::$_::operator()() const"),
            ("main::'lambda1'(int)::operator()", "main::'lambda'(int)::operator()"),
            ("<lambda_1a2b3c>::operator()", "<lambda>::operator()"),
        ),
        counter_examples=(
            "mycrate::main::{{closure}}",
            "<lambda>",
            "outer.<locals>.<lambda>",
            "_$LT$T$GT$::_$u7b$$u7b$closure$u7d$$u7d$",
            "{impl#3}::fmt",
            "Array#each",
        ),
    ),
    SymbolRule(
        id="go-shape",
        description="Shape a Go generic was compiled for (`[go.shape.int_0]`, `[...]`): chosen by the compiler.",
        hints=("[go.shape.", "[...]"),
        rewrite=partial(without_bracket_groups, wanted=_is_shape_list),
        examples=(
            ("main.Map[go.shape.string_0,go.shape.int_1]", "main.Map"),
            ("main.(*List[go.shape.struct { main.a [4]int }_0]).Push", "main.(*List).Push"),
            ("slices.SortFunc[...]", "slices.SortFunc"),
        ),
        counter_examples=("main.Map[string,int]", "main.Map[go.shape.in", "[...]"),
    ),
    SymbolRule(
        id="go-closure-ordinal",
        description="Number of a Go closure within its function (`main.run.func1`, `glob..func2`): an edit above moves it.",
        hints=(".func", ".gowrap", ".deferwrap"),
        rewrite=_strip_go_closure_ordinals,
        examples=(
            ("main.run.func1", "main.run.func"),
            ("main.glob..func2", "main.glob..func"),
            ("net/http.(*Server).Serve.func1.2", "net/http.(*Server).Serve.func.func"),
            ("github.com/a/b.run.gowrap1", "github.com/a/b.run.gowrap"),
            ("main.run.func2.deferwrap1", "main.run.func.deferwrap"),
        ),
        counter_examples=(
            "main.func1",
            "com/shop/Cart.func1",
            "func1",
            "main.run.function1",
            "_ZN1a.b.func1",
        ),
    ),
    SymbolRule(
        id="java-lambda",
        description="Number and address of a class the JVM made for a lambda (`$$Lambda$12/0x000...`).",
        hints=("$$Lambda", "LambdaForm$"),
        rewrite=_all(
            _sub(r"\$\$Lambda(?:\$[0-9]+)?(?:[/.+](?:0x[0-9a-fA-F]+|[0-9]+))?", "$$Lambda"),
            _sub(r"(LambdaForm\$\w+)[/.+](?:0x[0-9a-fA-F]+|[0-9]+)", r"\1"),
        ),
        examples=(
            ("com.shop.Cart$$Lambda$12/0x0000000800c3d040.apply", "com.shop.Cart$$Lambda.apply"),
            ("com/shop/Cart$$Lambda$7.run", "com/shop/Cart$$Lambda.run"),
            ("Cart$$Lambda.0x00007f1b2c3d4e5f.run", "Cart$$Lambda.run"),
            ("Cart$$Lambda$14/1831932724.run", "Cart$$Lambda.run"),
            (
                "java/lang/invoke/LambdaForm$MH/0x0000000800066840.invoke",
                "java/lang/invoke/LambdaForm$MH.invoke",
            ),
        ),
        counter_examples=("Cart$$Lambda.run", "Cart$Lambda$1.run", "Cart.lambda$main$0"),
    ),
    SymbolRule(
        id="java-accessor",
        description="Number of a class the JVM made for reflection (`GeneratedMethodAccessor12`).",
        hints=("Accessor",),
        rewrite=_sub(r"(Generated(?:Method|Constructor|SerializationConstructor)Accessor)[0-9]+", r"\1"),
        examples=(
            ("sun.reflect.GeneratedMethodAccessor12.invoke", "sun.reflect.GeneratedMethodAccessor.invoke"),
            ("GeneratedConstructorAccessor3.newInstance", "GeneratedConstructorAccessor.newInstance"),
        ),
        counter_examples=("com.shop.MethodAccessor12.invoke", "NativeMethodAccessorImpl.invoke0"),
    ),
    SymbolRule(
        id="java-proxy",
        description="Number of a dynamic proxy class and its module (`jdk.proxy2.$Proxy34`).",
        hints=("$Proxy",),
        rewrite=_all(
            _sub(r"\bjdk([./])proxy[0-9]+(?=[./]\$Proxy)", r"jdk\1proxy"), _sub(r"\$Proxy[0-9]+", "$Proxy")
        ),
        examples=(
            ("com.sun.proxy.$Proxy12.size", "com.sun.proxy.$Proxy.size"),
            ("jdk.proxy2.$Proxy34.size", "jdk.proxy.$Proxy.size"),
        ),
        counter_examples=("com.shop.Proxy12.size", "Cart$ProxyFactory.make"),
    ),
    SymbolRule(
        id="unknown-module",
        description="An address or a word for a missing symbol: one bucket a module, since addresses move with every load.",
        hints=(),
        rewrite=_unknown_bucket,
        examples=(
            ("0x7f08b5783b58", UNKNOWN),
            ("ffffffff810a5c40", UNKNOWN),
            ("66868d", UNKNOWN),
            ("0x4005d6+0x10", UNKNOWN),
            ("unknown", UNKNOWN),
            ("??", UNKNOWN),
            ("[libc.so.6]", "[unknown:libc.so.6]"),
        ),
        counter_examples=(
            "add",
            "facade",
            "deadbeef",
            "[unknown:libc.so.6]",
            "[no stack]",
            "[GC]",
            "is_unknown",
            "<module>",
        ),
    ),
)

# Flat, because a hundred thousand names pass through it: one `in` a hint, and most names have none.
_RULE_OF_HINT = tuple((hint, rule) for rule in RULES for hint in rule.hints)
