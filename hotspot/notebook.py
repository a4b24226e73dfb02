"""Jupyter: profiles, rankings and diffs that show themselves, and ``%%hotspot``, which profiles a cell.

>>> %load_ext hotspot        # doctest: +SKIP
>>> %%hotspot run            # doctest: +SKIP

Cells are files called ``In[5]``, so ``In[5]:3`` is the third line of the fifth cell; they count as in-app.
"""

from __future__ import annotations

import ast
import linecache
import re
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from hotspot.analysis.diff import Diff
from hotspot.analysis.rank import Ranking, rank
from hotspot.config import load_config
from hotspot.importers.registry import load
from hotspot.profile import Profile
from hotspot.record.this_process import start_sampler
from hotspot.report.diff import diff_report
from hotspot.report.html import fragment
from hotspot.report.rank import ranking_report
from hotspot.report.table import Report, plain
from hotspot.source.ownership import Ownership

Shell = Any
"""IPython's ``InteractiveShell``, whose annotations are partial."""

ROWS = 15
"""Rows of what shows itself; `Profile.top` gives more."""

RATE = 200
"""Samples a second of a cell, unless told otherwise."""


# -- results that show themselves -----------------------------------------------------------------


def mimebundle(result: Profile | Ranking | Diff) -> dict[str, str]:
    """Return a result as HTML, and as text where that cannot be shown."""
    report = _report(result)
    return {"text/html": fragment(report), "text/plain": plain(report)}


def _report(result: Profile | Ranking | Diff) -> Report:
    if isinstance(result, Ranking):
        return ranking_report(result)
    if isinstance(result, Diff):
        return diff_report(result, ROWS)
    verdict = Ownership(load_config(), wait=False).classify(result)
    return ranking_report(rank(result, n=ROWS, owned=verdict.owned, known=verdict.known))


# -- the cell magic -------------------------------------------------------------------------------


def register(shell: Shell) -> None:
    """Make ``%%hotspot`` known to a shell; what ``%load_ext hotspot`` calls."""

    def hotspot(line: str, cell: str) -> Profile | None:
        """``%%hotspot [NAME] [-r HZ]``: profile this cell, show where its time went, and keep the profile in NAME."""
        name, rate = _arguments(line)
        run = run_cell(shell, cell, _cell_number(shell), rate)
        if name and run.profile is not None:
            shell.user_ns[name] = run.profile
        if run.failure is not None:
            if run.profile is not None:
                sys.displayhook(run.profile)
            raise run.failure
        return run.profile

    shell.register_magic_function(hotspot, magic_kind="cell", magic_name="hotspot")


@dataclass(frozen=True)
class CellRun:
    """A cell that ran.

    Attributes:
        profile: None where it was too quick to be seen.
        failure: what ended it early, an interrupt included; the profile is of what ran until then.
    """

    profile: Profile | None
    failure: BaseException | None


def run_cell(shell: Shell, cell: str, number: int, rate: int = RATE) -> CellRun:
    """Run a cell and profile it; what it prints or shows appears as it would without.

    Args:
        shell: whose names the cell sees.
        cell: its text, without the line of the magic.
        number: of the cell, as the notebook counts.
        rate: samples a second.
    """
    name = f"In[{number}]"
    # The magic's own line is the cell's first, so that line numbers are those that the notebook shows.
    source = f"\n{shell.transform_cell(cell)}"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    body, last = _compiled(source, name)
    value, failure = None, None
    sampler, why_not = start_sampler(rate)
    try:
        exec(body, shell.user_global_ns, shell.user_ns)
        value = None if last is None else eval(last, shell.user_global_ns, shell.user_ns)
    except BaseException as error:
        failure = error
    lines = sampler.stop()
    sys.displayhook(value)
    because = f" ({why_not})" if why_not else ""
    print(f"hotspot: {name} sampled by {sampler.name}{because}, {rate} times a second", file=sys.stderr)
    cells = {file: f"In[{cell_number}]" for file, cell_number in _cell_files(shell).items()}
    kept = cell_stacks(lines, name, cells)
    if not kept:
        print("hotspot: the cell ended before a sample was taken", file=sys.stderr)
        return CellRun(None, failure)
    return CellRun(_loaded(kept, name, sampler.name), failure)


def cell_stacks(lines: Iterable[str], name: str, cells: Mapping[str, str]) -> list[str]:
    """Return what folded lines tell of a cell: without the machinery below it, with cells named as the notebook does.

    Args:
        lines: folded, of all threads.
        name: of the cell that ran.
        cells: file names that the kernel gave to cells, and what they are called instead.
    """
    kept = []
    for line in lines:
        stack, _, count = line.rpartition(" ")
        frames = stack.split(";")
        # The file that the kernel gave to the cell has only the call of the magic, which is machinery, too.
        begin = next((i for i, frame in enumerate(frames) if f"({name}:" in frame), 0)
        shown = ";".join(frames[begin:])
        for file, called in cells.items():
            shown = shown.replace(f"({file}:", f"({called}:")
        if begin or _runs_a_cell(shown, name):
            kept.append(f"{shown} {count}")
    return kept


def _runs_a_cell(stack: str, name: str) -> bool:
    """Whether another thread runs code of cells, rather than the kernel's own; the magic's own steps do not count."""
    return f"({name}:1)" not in stack and _CELL_FRAME.search(stack) is not None


_CELL_FRAME = re.compile(r"\(In\[\d+\]:\d+\)")


def _compiled(source: str, name: str) -> tuple[CodeType, CodeType | None]:
    """Compile a cell: its statements, and the last expression, whose value a notebook shows."""
    tree = ast.parse(source, name)
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr) or source.rstrip().endswith(";"):
        return compile(tree, name, "exec"), None
    tree.body.pop()
    return compile(tree, name, "exec"), compile(ast.Expression(last.value), name, "eval")


def _cell_files(shell: Shell) -> dict[str, int]:
    """Return which file names the shell gave to cells, and their numbers."""
    known: dict[str, int] = getattr(shell.compile, "_filename_map", {})
    return known


def _cell_number(shell: Shell) -> int:
    """Return the number of the cell that is running: versions differ in when they count it."""
    files = _cell_files(shell)
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_code.co_filename in files:
            return files[frame.f_code.co_filename]
        frame = frame.f_back
    number: int = shell.execution_count
    return number


def _loaded(lines: list[str], name: str, producer: str) -> Profile:
    with tempfile.TemporaryDirectory(prefix="hotspot-") as folder:
        file = Path(folder) / "cell.folded"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="replace")
        profile = load(str(file), input_format="folded")
    provenance = replace(profile.provenance, path="", producer=producer)
    return replace(profile, label=name, provenance=provenance)


def _arguments(line: str) -> tuple[str | None, int]:
    """Read ``[NAME] [-r HZ]``.

    Raises:
        UsageError: of IPython, which shows it in one line.
    """
    from IPython.core.error import UsageError

    found = re.fullmatch(r"\s*(?P<name>[A-Za-z_]\w*)?\s*(?:-r\s*(?P<rate>[1-9]\d{0,3}))?\s*", line)
    if found is None:
        raise UsageError(f"%%hotspot: {line.strip()!r} is not understood; write %%hotspot [NAME] [-r HZ]")
    return found["name"], int(found["rate"] or RATE)
