"""Where source patterns count: what a loop repeats, and what it does not; files that no program is."""

from __future__ import annotations

import time

import pytest
from hotspot.advice.loader import load_catalogue
from hotspot.advice.patterns import HotSource

RULES = load_catalogue().rules


def lines(rule: str, language: str, code: str) -> list[int]:
    return [site.line for site in HotSource(code.encode(), language).sites(RULES[rule])]


@pytest.mark.parametrize(
    ("rule", "language", "code"),
    [
        ("formatting-on-hot-path", "rust", "fn hot(rows: &[Row]) { for r in rows { if r.bad() { return Err(format!(\"{}\", r)); } } }"),
        ("formatting-on-hot-path", "java", 'class A { void hot() { for (R r : rows) { if (r.bad()) throw new E(String.format("%s", r)); } } }'),
        ("allocation-per-iteration", "java", "class A { Object hot() { for (;;) { if (done()) return new ArrayList<>(); } } }"),
        ("serialised-again", "typescript", "function hot(rows: R[]) { for (const r of rows) { if (!r) throw new Error(`${JSON.stringify(r)}`) } }"),
        ("serialised-again", "python", "def hot(rows):\n    for r in rows:\n        if r.bad:\n            return json.dumps(r)\n"),
        # one value at most
        ("formatting-on-hot-path", "rust", 'fn hot(o: Option<u8>) -> Option<String> { o.as_ref().map(|x| format!("{}", x)) }'),
        ("formatting-on-hot-path", "rust", 'fn hot(v: &[u8]) -> Option<String> { v.iter().max().map(|x| format!("{}", x)) }'),
        ("formatting-on-hot-path", "java", 'class A { String hot() { return Optional.ofNullable(x).map(y -> String.format("%s", y)).orElse(""); } }'),
        ("allocation-per-iteration", "java", "class A { void hot() { index.computeIfAbsent(k, x -> new ArrayList<>()); } }"),
        # memory is no system call
        ("many-small-system-calls", "go", 'package p\nfunc hot() { for _, r := range rows { buf.WriteString(r) } }'),
        ("many-small-system-calls", "go", 'package p\nfunc hot() { for _, r := range rows { fmt.Fprintf(&sb, "%s", r) } }'),
        ("flushed-every-time", "java", "class A { void hot() { for (;;) { charArrayWriter.flush(); } } }"),
        ("hash-computed-again", "java", "class A { static int hashCode(boolean b) { return b ? 1231 : 1237; } }"),
    ],
)  # fmt: skip
def test_what_no_loop_repeats_is_left_alone(rule: str, language: str, code: str) -> None:
    assert lines(rule, language, code) == []


@pytest.mark.parametrize(
    ("rule", "language", "code"),
    [
        ("formatting-on-hot-path", "rust", 'fn hot(rows: &[Row]) { for r in rows { out.push(format!("{}", r)); } }'),
        ("formatting-on-hot-path", "rust", 'fn hot(v: &[u8]) -> Vec<String> { v.iter().map(|x| format!("{}", x)).collect() }'),
        ("formatting-on-hot-path", "rust", 'fn hot(v: impl Iterator<Item = u8>) -> Vec<String> { v.map(|x| format!("{}", x)).collect() }'),
        ("formatting-on-hot-path", "rust", 'fn hot() -> Vec<String> { (0..9).map(|x| format!("{}", x)).collect() }'),
        # a closure's return ends one element, not the loop
        ("formatting-on-hot-path", "rust", 'fn hot(v: &[u8]) -> Vec<String> { v.iter().map(|x| { return format!("{}", x); }).collect() }'),
        ("formatting-on-hot-path", "java", 'class A { Object hot() { return rows.stream().map(y -> String.format("%s", y)).toList(); } }'),
        ("serialised-again", "typescript", "function hot(rows: R[]) { return rows.map(r => { return JSON.stringify(r) }) }"),
        ("serialised-again", "python", "def hot(rows):\n    return [json.dumps(r) for r in rows]\n"),
        ("many-small-system-calls", "go", 'package p\nfunc hot() { for _, r := range rows { f.WriteString(r) } }'),
        ("many-small-system-calls", "go", 'package p\nfunc hot() { for _, r := range rows { fmt.Fprintln(os.Stdout, r) } }'),
        ("flushed-every-time", "java", "class A { void hot() { for (;;) { out.flush(); } } }"),
        ("hash-computed-again", "java", "class A { public int hashCode() { return Objects.hash(a, b); } }"),
    ],
)  # fmt: skip
def test_what_a_loop_repeats_is_found(rule: str, language: str, code: str) -> None:
    assert len(lines(rule, language, code)) == 1


DEEP = 20_000
NESTED = {
    "calls": "f(" * DEEP + "x" + ")" * DEEP,
    "chain": "x" + ".f()" * DEEP,
    "unclosed": "(" * DEEP,
    "sum": "x" + " + x" * DEEP,
    "minus": "- " * DEEP + "x",
}
AROUND = {
    "python": "def hot(x):\n    for i in x:\n        y = {}\n",
    "rust": "fn hot(x: i32) {{ loop {{ let y = {}; }} }}",
    "c": "int hot(int x) {{ for (;;) {{ y = {}; }} }}",
    "cpp": "int hot(int x) {{ for (;;) {{ y = {}; }} }}",
    "go": "package p\nfunc hot(x int) {{ for {{ y := {} }} }}",
    "java": "class A {{ int hot(int x) {{ for (;;) {{ y = {}; }} }} }}",
    "javascript": "function hot(x) {{ for (;;) {{ y = {}; }} }}",
    "typescript": "function hot(x) {{ for (;;) {{ y = {}; }} }}",
}


@pytest.mark.parametrize("language", AROUND)
@pytest.mark.parametrize("kind", NESTED)
def test_a_file_nested_deeper_than_any_program_ends_at_once(language: str, kind: str) -> None:
    code = AROUND[language].format(NESTED[kind]).encode()
    source = HotSource(code, language, (1, code.count(b"\n") + 1))
    begin = time.process_time()
    assert [rule for rule in RULES.values() if source.sites(rule)] == []
    assert time.process_time() - begin < 30  # unguarded it is minutes
