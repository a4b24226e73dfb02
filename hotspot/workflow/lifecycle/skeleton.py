"""A benchmark to begin with, for a place that no benchmark covers: it fails until the goal is met.

One template a language: pytest-benchmark for Python, criterion for Rust, Go's own for Go, hyperfine for the rest.
Each fails at first and tells the number to write down as its baseline; from then on it fails until the function is
as much faster as the goal of the whole asks for.
"""

from __future__ import annotations

import keyword
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from hotspot.config import Config
from hotspot.workflow.issues.issue_model import Issue
from hotspot.workflow.issues.issue_text import one_line
from hotspot.workflow.lifecycle.goal import function_ratio, goal_of


@dataclass(frozen=True)
class Skeleton:
    """A file to write and the command that runs it.

    Attributes:
        kind: ``pytest-benchmark``, ``criterion``, ``go`` or ``hyperfine``.
        path: a proposal, relative to the root.
        text: of the file.
        run: the command.
    """

    kind: str
    path: str
    text: str
    run: str

    def to_dict(self) -> dict[str, str]:
        """Return it as JSON."""
        return {"kind": self.kind, "path": self.path, "text": self.text, "run": self.run}


@dataclass(frozen=True)
class _Subject:
    """What templates are filled with; texts are one line each and safe in a line comment.

    Attributes:
        goal: ratio that a benchmark of the function alone is to reach.
        whole_goal: ratio that the whole program is to reach.
    """

    issue_file: str
    function: str
    file: str
    where: str
    name: str
    goal: str
    whole_goal: str
    why: str
    config: Config


def skeleton_for(name: str, issue: Issue, config: Config) -> Skeleton:
    """Return the skeleton for an issue's place, in the language of its file.

    Args:
        name: of the issue.
        issue: whose location decides the language and whose Expected Impact the goal.
        config: of the project.
    """
    function, file = issue.location("Function") or "", issue.location("File") or ""
    line = issue.location("Line")
    subject = _Subject(
        issue_file=f"perf-issues/{one_line(name)}.txt",
        function=one_line(function) or "the place",
        file=file,
        where=one_line(f"{file}:{line}" if line else file),
        name=_identifier(function),
        goal=f"{function_ratio(issue):.3g}",
        whole_goal=f"{goal_of(issue).ratio:.3g}",
        why=one_line(goal_of(issue).words),
        config=config,
    )
    return _TEMPLATES.get(PurePosixPath(file).suffix.lower(), _hyperfine)(subject)


def _identifier(function: str) -> str:
    """A name for files and tests: the function's last part in lower case."""
    last = re.split(r"::|\.|/", re.sub(r"<.*?>|\(.*", "", function))[-1] or function
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", last).lower()
    name = re.sub(r"[^a-z0-9]+", "_", words).strip("_")[:40]
    return name if name[:1].isalpha() else f"place_{name}".strip("_")


# -- Python -----------------------------------------------------------------------------------------------------


def _pytest_benchmark(subject: _Subject) -> Skeleton:
    path = f"bench_{subject.name}.py"
    module, root, call = _python_call(subject)
    imports = f"from {module} import {root}\n\n" if call else ""
    does = (
        f"    return {call}(*ARGUMENTS)"
        if call
        else f'    raise NotImplementedError("call what is slow in {module or "the program"} here")'
    )
    text = f"""\
# Benchmark for {subject.issue_file}: {subject.function} ({subject.where}).
#
#     pytest {path} --benchmark-json=before.json     before the change; after it, after.json
#
# It fails until its median is at most GOAL times BASELINE, and at first to tell what BASELINE is.
{imports}# What it is called with where it is hot.
ARGUMENTS = ()

# Median in seconds before the change.
BASELINE = None

# {subject.why}, as the whole program's time goes.
GOAL = {subject.goal}


def work():
{does}


def test_{subject.name}_meets_its_goal(benchmark):
    benchmark(work)
    median = benchmark.stats.stats.median
    assert BASELINE is not None, f"nothing to compare with yet: set BASELINE = {{median:.6g}}"
    assert median <= GOAL * BASELINE, (
        f"{{median:.3g}} s is {{median / BASELINE:.3g}} times the baseline of {{BASELINE:.3g}} s; the goal is {{GOAL}}"
    )
"""
    return Skeleton("pytest-benchmark", path, text, f"pytest {path} --benchmark-json=before.json")


def _python_call(subject: _Subject) -> tuple[str, str, str]:
    """Module, the name to import from it, and what to call; no call where Python could not import it."""
    parts = list(PurePosixPath(subject.file).with_suffix("").parts)
    if len(parts) > 1 and parts[0] in ("src", "lib", "python"):
        parts = parts[1:]
    if parts and parts[-1] == "__init__":
        parts = parts[:-1]
    module = ".".join(parts)
    called = subject.function
    if module and called.startswith(f"{module}."):
        called = called.removeprefix(f"{module}.")
    names = called.split(".")
    importable = bool(parts) and all(part.isidentifier() and not keyword.iskeyword(part) for part in parts)
    if not importable:
        return "", "", ""
    callable_ = all(name.isidentifier() and not keyword.iskeyword(name) for name in names)
    return (module, names[0], called) if callable_ else (module, "", "")


# -- Rust -------------------------------------------------------------------------------------------------------


def _criterion(subject: _Subject) -> Skeleton:
    text = f"""\
// Benchmark for {subject.issue_file}: {subject.function} ({subject.where}).
//
//     cargo bench --bench {subject.name}     results for `hotspot issues verify`: the folder target/criterion
//
// Cargo.toml needs:
//     [dev-dependencies]
//     criterion = "0.5"
//     [[bench]]
//     name = "{subject.name}"
//     harness = false
//
// It fails until its median is at most GOAL times BASELINE, and at first to tell what BASELINE is.

use criterion::Criterion;
use std::hint::black_box;
use std::time::Instant;

/// Median in nanoseconds before the change.
const BASELINE: Option<f64> = None;

/// {subject.why}, as the whole program's time goes.
const GOAL: f64 = {_rust_float(subject.goal)};

fn work() {{
    todo!("call what is slow here, with what it is called with where it is hot, and black_box() what it returns");
}}

fn main() {{
    let mut criterion = Criterion::default().configure_from_args();
    criterion.bench_function("{subject.name}", |bencher| bencher.iter(|| black_box(work())));
    criterion.final_summary();

    let mut times: Vec<f64> = (0..101)
        .map(|_| {{
            let begin = Instant::now();
            work();
            begin.elapsed().as_nanos() as f64
        }})
        .collect();
    times.sort_by(f64::total_cmp);
    let median = times[times.len() / 2];
    match BASELINE {{
        None => panic!("nothing to compare with yet: set BASELINE to Some({{median:.1}})"),
        Some(baseline) => assert!(
            median <= GOAL * baseline,
            "{{median:.0}} ns is {{:.3}} times the baseline of {{baseline:.0}} ns; the goal is {{GOAL}}",
            median / baseline
        ),
    }}
}}
"""
    return Skeleton("criterion", f"benches/{subject.name}.rs", text, f"cargo bench --bench {subject.name}")


def _rust_float(number: str) -> str:
    return number if "." in number else f"{number}.0"


# -- Go ---------------------------------------------------------------------------------------------------------


def _go(subject: _Subject) -> Skeleton:
    folder = PurePosixPath(subject.file).parent
    name = "".join(word.capitalize() for word in subject.name.split("_"))
    path = str(folder / f"{subject.name}_bench_test.go")
    package = f"./{folder}" if str(folder) != "." else "."
    text = f"""\
// Benchmark for {subject.issue_file}: {subject.function} ({subject.where}).
//
//	go test {package} -run '^$' -bench '^Benchmark{name}$' -count 10 > before.txt     after the change, after.txt
//	go test {package} -run '^Test{name}MeetsItsGoal$'
//
// The test fails until an operation takes at most goal times the baseline, and at first to tell what that is.

package {_go_package(subject)}

import "testing"

// Nanoseconds an operation before the change.
const baseline{name} = 0.0

// {subject.why}, as the whole program's time goes.
const goal{name} = {subject.goal}

func Benchmark{name}(b *testing.B) {{
	b.Fatal("call what is slow in the loop, with what it is called with where it is hot, and remove this line")
	for i := 0; i < b.N; i++ {{
	}}
}}

func Test{name}MeetsItsGoal(t *testing.T) {{
	result := testing.Benchmark(Benchmark{name})
	if result.N == 0 {{
		t.Fatal("the benchmark does not run yet: fill in Benchmark{name}")
	}}
	nanoseconds := float64(result.T.Nanoseconds()) / float64(result.N)
	if baseline{name} == 0 {{
		t.Fatalf("nothing to compare with yet: set baseline{name} to %.1f", nanoseconds)
	}}
	if nanoseconds > goal{name}*baseline{name} {{
		t.Fatalf("%.0f ns is %.3f times the baseline; the goal is %v", nanoseconds, nanoseconds/baseline{name}, goal{name})
	}}
}}
"""
    return Skeleton("go", path, text, f"go test {package} -run '^Test{name}MeetsItsGoal$'")


def _go_package(subject: _Subject) -> str:
    """The name that the file's package clause gives, else the folder's."""
    try:
        source = (subject.config.root / subject.file).read_text(encoding="utf-8", errors="replace")
    except OSError:
        source = ""
    found = re.search(r"^package\s+(\w+)", source, re.MULTILINE)
    folder = re.sub(r"\W", "", PurePosixPath(subject.file).parent.name)
    return found[1] if found else folder or "main"


# -- the rest ---------------------------------------------------------------------------------------------------


def _hyperfine(subject: _Subject) -> Skeleton:
    command = shlex.join(subject.config.benchmark_command) or "./program ARGUMENTS"
    path = f"bench_{subject.name}.sh"
    where = f" ({subject.where})" if subject.where else ""
    text = f"""\
#!/bin/sh
# Benchmark for {subject.issue_file}: {subject.function}{where}.
#
#     sh {path} before.json     before the change; after it, after.json
#
# It fails until its median is at most GOAL times BASELINE, and at first to tell what BASELINE is.
set -eu

# The program, with what makes the place hot.
COMMAND={shlex.quote(command)}

# Median in seconds before the change.
BASELINE=

# {subject.why}.
GOAL={subject.whole_goal}

out=${{1:-after.json}}
hyperfine --warmup 2 --runs 20 --export-json "$out" "$COMMAND"
median=$(sed -n 's/^ *"median": *\\([0-9.eE+-]*\\),*$/\\1/p' "$out" | head -n 1)
if [ -z "$BASELINE" ]; then
    echo "nothing to compare with yet: set BASELINE=$median" >&2
    exit 1
fi
awk -v median="$median" -v baseline="$BASELINE" -v goal="$GOAL" 'BEGIN {{
    if (median <= goal * baseline) exit 0
    printf "%.3g s is %.3g times the baseline of %.3g s; the goal is %s\\n", median, median / baseline, baseline, goal
    exit 1
}}' >&2
"""
    return Skeleton("hyperfine", path, text, f"sh {path} before.json")


_TEMPLATES: dict[str, Callable[[_Subject], Skeleton]] = {
    ".py": _pytest_benchmark,
    ".rs": _criterion,
    ".go": _go,
}
