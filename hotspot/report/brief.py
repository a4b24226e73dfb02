"""A brief as Markdown: one document that needs no other."""

from __future__ import annotations

import re

from hotspot.analysis.benchmarks import THRESHOLD
from hotspot.report.listing import listing_report
from hotspot.report.table import Report, Table, clean, plain
from hotspot.report.tree import tree_report
from hotspot.tabular import markdown_row, markdown_text
from hotspot.units import human_duration, human_share
from hotspot.workflow.issues.issue_model import ANALYSIS, PROPOSAL, Status
from hotspot.workflow.lifecycle.brief import Brief
from hotspot.workflow.lifecycle.steps import next_command

_TREE_ROWS = 40


def brief_markdown(brief: Brief) -> str:
    """Return the document."""
    parts = [
        _head(brief),
        _goal(brief),
        _read_first(brief),
        _state(brief),
        _code(brief),
        _tree(brief),
        _known(brief),
        _plan(brief),
        _CONSTRAINTS,
        _tasks(brief),
        _outcomes(brief),
        _REPORT,
    ]
    return "\n".join(part.strip("\n") + "\n" for part in parts if part)


def _head(brief: Brief) -> str:
    issue = brief.stored.issue
    file, line = issue.location("File"), issue.location("Line")
    where = f"`{_code_text(f'{file}:{line}' if line else file)}`" if file else "an unknown file"
    function = issue.location("Function")
    place = f"`{_code_text(function)}` in {where}" if function else where
    text = f"# {_title(brief)}: {markdown_text(clean(issue.title))}\n\n"
    text += f"You are to make {place} faster. Issue file: `perf-issues/{_title(brief)}.txt`, status {issue.status}"
    text += f", failed attempts so far: {issue.attempts}.\n"
    if issue.status in (Status.IDENTIFIED, Status.MARGINAL, Status.REGRESSION):
        text += (
            f"\nBefore anything else, record the state before the change: `{next_command(brief.stored)}`\n"
        )
    return text


def _goal(brief: Brief) -> str:
    whole = f"The whole program takes **{brief.goal.words}**: at most {brief.goal.ratio:.3g} times what it takes now."
    lines = ["## Goal", "", f"- {whole}"]
    if brief.share is not None:
        share = human_share(brief.share)
        if brief.goal.gain < brief.share:
            lines.append(
                f"- The function holds {share} of the time, so by itself it has to come down to {brief.function_ratio:.3g} "
                "times what it takes now (Amdahl's law)."
            )
        else:
            lines.append(
                f"- The function holds {share} of the time: even without it the goal is out of reach for the whole. Measure "
                "with a benchmark of the function alone."
            )
    lines.append(
        f"- An improvement counts from {human_share(THRESHOLD)} on, and only if it is real: its 95% interval must not "
        "reach no change."
    )
    lines.append(
        f"- No other benchmark, and no peak memory, gets worse by more than {human_share(THRESHOLD)}."
    )
    return "\n".join(lines)


def _read_first(brief: Brief) -> str:
    lines = ["## Read first, in full", ""]
    lines += [f"- `{_code_text(path)}`" for path in brief.read_first]
    lines.append(f"- `perf-issues/{_title(brief)}.txt`: what was measured, and what earlier attempts taught")
    lines += [f"- `{_code_text(path)}`: named, and not in this tree" for path in brief.missing]
    return "\n".join(lines)


def _state(brief: Brief) -> str:
    lines = [
        "## Current state",
        "",
        markdown_row(["Benchmark", "Now", "Goal", "Measurements"]),
        "|---|---:|---:|---:|",
    ]
    record = brief.record
    results = record.results if record else None
    if record is not None and results is not None:
        for one in results.benchmarks:
            is_target = one.name == record.target
            goal = human_duration(one.median * brief.goal.ratio * 1e9) if is_target else "no worse than now"
            name = f"{one.name} (decides)" if is_target else one.name
            lines.append(
                markdown_row([clean(name), human_duration(one.median * 1e9), goal, str(one.seconds.size)])
            )
        lines += ["", f"Recorded {record.recorded} at commit {(record.commit or 'unknown')[:12]}."]
    else:
        runtime = brief.text(ANALYSIS, "Runtime") or "unknown"
        lines.append(
            markdown_row([clean(brief.profile.path), clean(runtime), clean(brief.goal.words), "profile"])
        )
        lines += ["", "No benchmark is recorded: `hotspot issues start` records one."]
    share = f", {human_share(brief.share)} of the time" if brief.share is not None else ""
    rank = brief.text(ANALYSIS, "Hotspot Rank") or "unknown"
    lines.append(
        f"In the profile `{_code_text(brief.profile.path)}` the place has rank {clean(rank)}{share}."
    )
    if brief.profile.remark:
        lines.append(f"({markdown_text(clean(brief.profile.remark))})")
    return "\n".join(lines)


def _code(brief: Brief) -> str:
    if brief.listings is not None:
        return f"## The code, with the weight of each line\n\n{_fenced(_without_headline(listing_report(brief.listings)))}"
    if brief.excerpt is not None:
        excerpt = brief.excerpt
        numbered = [
            f"{excerpt.first + i:6}  {clean(line.expandtabs(4))}" for i, line in enumerate(excerpt.lines)
        ]
        text = "\n".join(line.rstrip() for line in numbered)
        return f"## The code\n\nThe profile has no weights for its lines. `{_code_text(excerpt.file)}`:\n\n{_fenced(text)}"
    return "## The code\n\nNot found here: no file of this tree is known to be the place's. Find it by the function's name."


def _tree(brief: Brief) -> str:
    if brief.subtree is None:
        return ""
    report = tree_report(brief.subtree)
    parts = [
        Table(part.columns, part.rows[:_TREE_ROWS]) if isinstance(part, Table) else part
        for part in report.parts
    ]
    return f"## What it calls\n\nShares are of the whole program.\n\n{_fenced(plain(Report(tuple(parts))))}"


def _known(brief: Brief) -> str:
    lines = ["## What is known"]
    for label in ("Description", "Root Cause", "Evidence"):
        if text := brief.text(ANALYSIS, label):
            lines += ["", f"### {label}", "", _fenced(_printable(text))]
    return "\n".join(lines)


def _plan(brief: Brief) -> str:
    lines = ["## Plan"]
    for label in ("Approach", "Expected Impact", "Risk Assessment", "Complexity", "Validation"):
        if text := brief.text(PROPOSAL, label):
            lines += ["", f"### {label}", "", _fenced(_printable(text))]
    return "\n".join(lines)


_CONSTRAINTS = f"""\
## Constraints

- Localised: change what the issue is about, and nothing beside it. No refactoring on the way.
- No change of behaviour: the same results, errors and output.
- Follow the patterns that the code already has. Comments say why; numbers have names.
- All tests pass, and none is weakened.
- Nothing else gets worse by more than {human_share(THRESHOLD)}.
"""


def _tasks(brief: Brief) -> str:
    config = brief.config
    test = _command(config.test_command, "test_command")
    benchmark = _command(config.benchmark_command, "benchmark_command")
    return f"""\
## Tasks

1. Confirm the cause in the code before you change anything: the issue says what was measured, not always why.
2. Make the change in small steps; run the tests after every one: {test}.
3. Guard what the change relies on: property tests for its invariants, debug assertions where the language has them.
4. Run the benchmark at least twice and report the result that repeats: {benchmark}.
5. Explain the mechanism: which work is no longer done, and why that is what the time went to.
6. Where something fails, reproduce it with the smallest input that does, and keep that as a test.
7. `hotspot issues implement {_title(brief)} --changes TEXT`, then `hotspot issues verify {_title(brief)}`.
"""


def _outcomes(brief: Brief) -> str:
    name = _title(brief)
    return f"""\
## When it is faster

`hotspot issues verify {name}` ends in VERIFIED. Make one commit of this change alone; its message names {name}, the
mechanism, and the numbers before and after.

## When it is slower, or not faster

Keep the attempt on a branch and leave the main line as it was: `git switch -c slow-{name}`, commit, switch back. Write
down the lessons (what was tried, what was measured, why it failed, what else might help), then try another way or
`hotspot issues drop {name} --reason TEXT`. After two failed attempts, stop and report what you found.
"""


_REPORT = """\
## Report

- Changes: each file and what was done to it.
- Before and after: the numbers, with intervals, and the commands that give them.
- Problems: what did not work, what remains doubtful, what tests do not cover.
- New ideas: what you noticed beside this issue; it becomes an issue of its own, not part of this change.
"""


def _command(words: tuple[str, ...], key: str) -> str:
    import shlex

    return f"`{_code_text(shlex.join(words))}`" if words else f"not configured (`{key}` in hotspot.toml)"


def _title(brief: Brief) -> str:
    return _code_text(brief.stored.name)


def _code_text(text: str) -> str:
    """Text for a code span: no control characters, and nothing that could end the span."""
    return clean(text).replace("`", "'")


def _printable(text: str) -> str:
    return "\n".join(clean(line) for line in text.encode("utf-8", "replace").decode().split("\n"))


def _without_headline(report: Report) -> str:
    return plain(Report(report.parts[1:])).strip("\n")


def _fenced(text: str) -> str:
    """A code block whose fence is longer than any in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text.strip(chr(10))}\n{fence}"
