"""Which functions of two sides are one function.

A *function* of a diff is a canonical name (see `hotspot.analysis.symbols`); file and module separate two functions
only where both sides know them and a run has several of that name. Lines are ignored, so a function that moved in its
file stays one. A process or thread that is called like a function is not that function. What has no partner by its
canonical name gets one by its name without template arguments, where that is unique on each side.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from hotspot.analysis.symbols import canonical, is_unknown, without_template_arguments
from hotspot.profile import NO_STACK, Bool, Int32, Int64, Kind, Profile

Symbols = Literal["exact", "canonical"]

TEMPLATE_ARGUMENTS = "template-arguments"
"""What `matched_by` says of functions that are equal but for their template arguments."""


@dataclass(frozen=True)
class MatchedFunction:
    """One function of the comparison.

    Attributes:
        name: canonical name, or the name itself where both sides spell it alike.
        file: as the after side spells it, else the before side.
        module: the same.
        rules: ids of the rules that changed a spelling, each once; empty where all are exact.
        spellings: every distinct name it has before and after.
        is_code: False for processes, threads, `[no stack]` and the buckets of unknown addresses: nobody to blame.
    """

    name: str
    file: str
    module: str
    rules: tuple[str, ...]
    spellings: tuple[tuple[str, ...], tuple[str, ...]]
    is_code: bool

    @property
    def matched_by(self) -> str | None:
        """``exact``, the id of the rule that made the names equal, or None where one side lacks it."""
        before, after = self.spellings
        if not before or not after:
            return None
        return "exact" if set(before) == set(after) or not self.rules else self.rules[0]


def match_functions(
    runs: Sequence[Profile], is_after: Sequence[bool], symbols: Symbols
) -> tuple[tuple[MatchedFunction, ...], list[Int32], Bool]:
    """Match the functions of all runs.

    Args:
        runs: of both sides.
        is_after: for each run, its side.
        symbols: ``exact`` compares names as they are spelled.

    Returns:
        The functions, in order of first appearance; for each run the function of each of its frames (-1 where no node
        has the frame), int32; which functions weigh anything on each side, bool[functions, 2].
    """
    spelled, row_of_frame = _spellings(runs)
    seen_in = _seen_in(runs, row_of_frame, len(spelled))
    side_of_row = [
        tuple(any(is_after[run] == after for run in rows) for after in (False, True)) for rows in seen_in
    ]
    rows_of_key: dict[tuple[str, bool], list[int]] = defaultdict(list)
    rules_of_row: list[tuple[str, ...]] = []
    for row, spelling in enumerate(spelled):
        same = canonical(spelling.name, spelling.module) if symbols == "canonical" else None
        rules_of_row.append(same.rules if same else ())
        rows_of_key[same.name if same else spelling.name, spelling.is_code].append(row)
    found = [
        _Found(key[0], rows)
        for key, members in rows_of_key.items()
        for rows in _separated([(row, spelled[row], seen_in[row]) for row in members], is_after)
    ]
    if symbols == "canonical":
        found = _joined_by_template(found, spelled, side_of_row)
    found.sort(key=lambda function: function.rows[0])
    function_of_row = np.full(len(spelled) + 1, -1, dtype=np.int32)  # the last entry serves row -1
    for position, function in enumerate(found):
        function_of_row[function.rows] = position
    functions = tuple(_finished(f, spelled, rules_of_row, side_of_row) for f in found)
    present = np.array([[bool(names) for names in f.spellings] for f in functions], dtype=bool)
    return functions, [function_of_row[rows] for rows in row_of_frame], present.reshape(-1, 2)


@dataclass(frozen=True)
class _Spelling:
    """One distinct (name, file, module) of any run; processes and threads apart from code of their name."""

    name: str
    file: str
    module: str
    is_code: bool


@dataclass
class _Found:
    """A function while it is put together: its key and its rows of `_Spelling`."""

    key: str
    rows: list[int]
    rules: list[str] = field(default_factory=list)


def _spellings(runs: Sequence[Profile]) -> tuple[list[_Spelling], list[Int64]]:
    """Return the distinct spellings in order of first appearance, and for each run the spelling of each frame."""
    numbers: dict[str, int] = {}
    texts: list[str] = []
    columns: list[Int64] = []
    used: list[Bool] = []
    for run in runs:
        frames = run.frames
        shared = np.empty(len(frames.strings), dtype=np.int64)
        for i, text in enumerate(frames.strings):
            number = numbers.setdefault(text, len(texts))
            if number == len(texts):
                texts.append(text)
            shared[i] = number
        marker = (frames.kind == Kind.PROCESS) | (frames.kind == Kind.THREAD)
        columns.append(np.stack([shared[frames.name], shared[frames.file], shared[frames.module], marker]))
        in_tree = np.zeros(len(frames), dtype=bool)
        in_tree[run.call_tree.frame] = True
        used.append(in_tree)
    name, file, module, marker = np.concatenate(columns, axis=1)
    mask = np.concatenate(used)
    key = name * len(texts) + file
    for part, size in ((module, len(texts)), (marker, 2)):
        key = np.unique(key, return_inverse=True)[1].reshape(-1) * size + part
    _, first, inverse = np.unique(key[mask], return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    row = np.full(len(key), -1, dtype=np.int64)
    row[mask] = rank[inverse.reshape(-1)]
    at = np.flatnonzero(mask)[first[order]]
    spelled = [
        _Spelling(
            texts[n], texts[f], texts[m], not (is_marker or is_unknown(texts[n]) or texts[n] == NO_STACK)
        )
        for n, f, m, is_marker in zip(
            name[at].tolist(), file[at].tolist(), module[at].tolist(), marker[at].tolist(), strict=True
        )
    ]
    bounds = np.cumsum([len(run.frames) for run in runs])[:-1]
    return spelled, np.split(row, bounds)


def _seen_in(runs: Sequence[Profile], row_of_frame: Sequence[Int64], rows: int) -> list[list[int]]:
    """Return the runs in which each spelling has any weight."""
    seen: list[list[int]] = [[] for _ in range(rows)]
    for number, (run, of_frame) in enumerate(zip(runs, row_of_frame, strict=True)):
        weighs = run.sum_subtrees(np.abs(run.node_self)) > 0
        for row in np.unique(of_frame[run.call_tree.frame[weighs]]).tolist():
            seen[row].append(number)
    return seen


_Member = tuple[int, _Spelling, list[int]]


def _separated(members: list[_Member], is_after: Sequence[bool]) -> Iterable[list[int]]:
    """Split spellings of one key by file and module, where both sides know them and a run has several."""
    if len(members) == 1:
        return [[members[0][0]]]
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    files = _places([(spelling.file, runs) for _, spelling, runs in members], is_after)
    modules = _places([(spelling.module, runs) for _, spelling, runs in members], is_after)
    for (row, _, _), file, module in zip(members, files, modules, strict=True):
        groups[file, module].append(row)
    return groups.values()


def _places(known: list[tuple[str, list[int]]], is_after: Sequence[bool]) -> list[str]:
    """Return what separates each of several files (or modules) of one name, all empty where nothing does.

    That is as much of the path's end as tells the places of a single run apart: builds move folders, and a temporary
    one may differ from run to run, but within a run two paths are two files.
    """
    if not all(path for path, _ in known) or len({is_after[run] for _, runs in known for run in runs}) < 2:
        return [""] * len(known)
    of_run: dict[int, set[tuple[str, ...]]] = defaultdict(set)
    for path, runs in known:
        for run in runs:
            of_run[run].add(_parts(path))
    if all(len(paths) == 1 for paths in of_run.values()):
        return [""] * len(known)
    longest = max(len(parts) for paths in of_run.values() for parts in paths)
    depth = next(
        n
        for n in range(1, longest + 1)
        if n == longest or all(len({p[-n:] for p in paths}) == len(paths) for paths in of_run.values())
    )
    return ["/".join(_parts(path)[-depth:]) for path, _ in known]


def _parts(path: str) -> tuple[str, ...]:
    return tuple(path.replace("\\", "/").rstrip("/").split("/"))


def _joined_by_template(
    found: list[_Found], spelled: list[_Spelling], side_of_row: Sequence[tuple[bool, ...]]
) -> list[_Found]:
    """Join what only one side has with the other's function of the same name but for template arguments."""
    lonely: dict[str, tuple[list[_Found], list[_Found]]] = defaultdict(lambda: ([], []))
    for function in found:
        sides = [any(side_of_row[row][side] for row in function.rows) for side in (0, 1)]
        if sum(sides) != 1 or not spelled[function.rows[0]].is_code:
            continue
        lonely[without_template_arguments(function.key)][sides.index(True)].append(function)
    absorbed: set[int] = set()
    for before, after in lonely.values():
        if len(before) == len(after) == 1:
            after[0].rows = sorted(before[0].rows + after[0].rows)
            after[0].rules.append(TEMPLATE_ARGUMENTS)
            absorbed.add(id(before[0]))
    return [function for function in found if id(function) not in absorbed]


def _finished(
    found: _Found,
    spelled: list[_Spelling],
    rules_of_row: Sequence[tuple[str, ...]],
    side_of_row: Sequence[tuple[bool, ...]],
) -> MatchedFunction:
    names: tuple[dict[str, None], dict[str, None]] = ({}, {})
    places = [("", ""), ("", "")]
    for row in found.rows:
        spelling = spelled[row]
        for side in (0, 1):
            if side_of_row[row][side]:
                names[side][spelling.name] = None
                file, module = places[side]
                places[side] = (file or spelling.file, module or spelling.module)
    before, after = tuple(names[0]), tuple(names[1])
    is_code = spelled[found.rows[0]].is_code
    alike = (
        len(before) == 1 and before == after and is_code
    )  # an address that happens to recur is still a bucket
    rules = dict.fromkeys((*found.rules, *(rule for row in found.rows for rule in rules_of_row[row])))
    return MatchedFunction(
        name=before[0] if alike else found.key,
        file=places[1][0] or places[0][0],
        module=places[1][1] or places[0][1],
        rules=tuple(rules),
        spellings=(before, after),
        is_code=is_code,
    )
