"""The central types: frames, call tree, samples, profile, and the invariants that hold between them.

Everything is columnar, frozen numpy. Samples are the single truth; every weight of a tree node is derived
from them. A profile of the stacks ``main;parse;lex`` (3 samples) and ``main;emit`` (1 sample)::

    node  frame  parent  subtree_end  depth        self  total
    0     main     -1         4         0            0     4
    1     parse     0         3         1            0     3
    2     lex       1         3         2            3     3
    3     emit      0         4         1            1     1

The subtree of node ``i`` is the half-open range ``[i, subtree_end[i])``, so a total is one subtraction of
prefix sums. No operation changes a profile; transforms return new ones. They renumber nodes, therefore refer
to a node by its path or its frame, never by a stored index.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hotspot.errors import InvariantError, MissingTool, UsageError
from hotspot.files import FileChecksum
from hotspot.text import printable
from hotspot.units import ValueType

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from plotly.graph_objects import Figure

    from hotspot.analysis.columns import Rows
    from hotspot.analysis.diff import Diff
    from hotspot.analysis.peek import Peek
    from hotspot.analysis.rank import Ranking
    from hotspot.analysis.text_tree import TextTree
    from hotspot.workflow.issues.draft import DraftResult

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
UInt8 = npt.NDArray[np.uint8]
Bool = npt.NDArray[np.bool_]

NO_STACK = "[no stack]"
UNKNOWN = "[unknown]"


class Kind(enum.IntEnum):
    """What a frame is, where the profile tells."""

    USER = 0
    KERNEL = 1
    JIT = 2
    INLINED = 3
    PROCESS = 4  # the comm at the root of a perf stack
    THREAD = 5
    WAKER = 6  # the stack that woke a sleeper, drawn above it by off-CPU tools


@dataclass(frozen=True, eq=False)
class Frames:
    """One row per distinct (name, file, line, module, kind); texts are interned.

    Attributes:
        strings: every distinct text; ``strings[0]`` is the empty one and means "not known".
        name: index into ``strings``, int32[frames].
        file: index into ``strings``, int32[frames].
        module: index into ``strings``, int32[frames]: binary, shared object or package.
        line: 1-based, int32[frames]; 0 is unknown.
        kind: a `Kind`, uint8[frames].
    """

    strings: tuple[str, ...]
    name: Int32
    file: Int32
    module: Int32
    line: Int32
    kind: UInt8

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True, eq=False)
class CallTree:
    """Call-tree nodes in depth-first order.

    Attributes:
        frame: row of `Frames`, int32[nodes].
        parent: node index, -1 for a root, int32[nodes]; always smaller than the node's own index.
        subtree_end: one past the last node of the subtree, int32[nodes].
        depth: 0 for a root, int32[nodes].
    """

    frame: Int32
    parent: Int32
    subtree_end: Int32
    depth: Int32

    def __len__(self) -> int:
        return len(self.frame)


@dataclass(frozen=True, eq=False)
class Samples:
    """Weights at leaf nodes; one row a sample where time or thread is known, else one row a distinct stack.

    Attributes:
        leaf: node index, int32[rows].
        weight: int64[rows, value types].
        time: nanoseconds, int64[rows], or None where no sample has one.
        thread: row of ``Profile.threads``, -1 unknown, int32[rows], or None where no sample has one.
    """

    leaf: Int32
    weight: Int64
    time: Int64 | None = None
    thread: Int32 | None = None

    def __len__(self) -> int:
        return len(self.leaf)


@dataclass(frozen=True)
class Thread:
    """A thread that samples were taken on; None is not known."""

    pid: int | None
    tid: int | None
    name: str


class LossKind(enum.StrEnum):
    """What sort of thing a file lost before hotspot saw it, or could not be kept on reading."""

    PRUNED = "pruned"  # frames under a minimum width are absent
    ROUNDED = "rounded"  # weights were rounded by the writer
    TRUNCATED = "truncated"  # stacks are cut off
    SKIPPED = "skipped"  # lines that could not be read
    INCONSISTENT = "inconsistent"  # the file contradicts itself; what was decided is in the text
    APPROXIMATE = "approximate"  # the file holds a call graph; paths through it are estimated
    DROPPED = "dropped"  # known to be in the file, not kept


@dataclass(frozen=True)
class Loss:
    """One thing that was lost, in a sentence, with a number where there is one.

    ``amount`` is: PRUNED, the largest weight one absent frame can have; SKIPPED, a number of lines;
    TRUNCATED, a number of samples; INCONSISTENT and DROPPED, a number of frames or samples.
    """

    kind: LossKind
    text: str
    amount: int | None = None


class ModuleStyle(enum.StrEnum):
    """How a label-only format spells a frame's module; kept so that labels are written back as they were read."""

    NONE = ""  # not written: perf's collapsed stacks
    BACKTICK = "`"  # DTrace: module`name
    BANG = "!"  # Windows tools: module.dll!name
    PARENTHESES = "()"  # py-spy --native: name (module)


@dataclass(frozen=True)
class Recording:
    """When and with how much work a profile was recorded, by hotspot's own record of it.

    Attributes:
        started_ns: nanoseconds since the epoch.
        ended_ns: the same.
        work: work done, in the user's own unit; None where nobody said.
    """

    started_ns: int
    ended_ns: int
    work: float | None = None


@dataclass(frozen=True)
class Provenance:
    """Where a profile comes from and what is known to be missing from it.

    Attributes:
        path: as given by the user; ``-`` is standard input; empty for a computed profile.
        checksum: SHA-256 of the file's bytes as stored (compressed where compressed), or what computes it where it is
            asked for (see `sha256`); empty where there is no file.
        format: name of the importer.
        producer: the program that wrote the file, as far as it tells.
        duration_ns: wall-clock time covered, where the file tells it.
        losses: see `Loss`.
        runs: how many recordings were merged into this profile.
        module_style: see `ModuleStyle`.
        recording: see `Recording`; None where hotspot did not record it, or its record was not looked up.
    """

    path: str = ""
    checksum: str | FileChecksum = ""
    format: str = ""
    producer: str = ""
    duration_ns: int | None = None
    losses: tuple[Loss, ...] = ()
    runs: int = 1
    module_style: ModuleStyle = ModuleStyle.NONE
    recording: Recording | None = None

    @property
    def sha256(self) -> str:
        """The checksum in hexadecimal; empty where there is no file, or it changed after it was read."""
        return self.checksum if isinstance(self.checksum, str) else self.checksum.sha256


@dataclass(frozen=True, eq=False)
class Functions:
    """Frames grouped into functions: equal (name, file, module), whatever their line or kind.

    Attributes:
        of_frame: function index of each frame, int32[frames].
        name: index into ``Frames.strings``, int32[functions].
        file: the same.
        module: the same.
    """

    of_frame: Int32
    name: Int32
    file: Int32
    module: Int32

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True, eq=False)
class Profile:
    """One profile: who was seen where, how often, and what the file it came from had lost.

    Attributes:
        frames: distinct frames.
        call_tree: the call tree, depth-first (`tree` is the method that draws it).
        samples: weights at leaves.
        value_types: one a column of ``samples.weight``.
        selected: the column that analyses read; `select` returns a profile with another.
        threads: rows that ``samples.thread`` refers to.
        provenance: where it comes from.
        label: short name for people.
        hidden: weight that filters took away, one number a value type; empty where none were applied.
            Shares stay relative to the whole: what is left plus what is hidden.
    """

    frames: Frames
    call_tree: CallTree
    samples: Samples
    value_types: tuple[ValueType, ...]
    selected: int
    threads: tuple[Thread, ...]
    provenance: Provenance
    label: str = ""
    hidden: tuple[int, ...] = ()

    # -- what is measured ---------------------------------------------------------------------

    @property
    def value_type(self) -> ValueType:
        """The selected value type."""
        return self.value_types[self.selected]

    def select(self, name: str) -> Profile:
        """Return the same profile with another value type selected.

        Args:
            name: ``type/unit``, or a type or unit alone where only one value type has it.

        Raises:
            UsageError: no value type, or more than one, goes by that name.
        """
        exact = [i for i, v in enumerate(self.value_types) if str(v) == name]
        found = exact or [i for i, v in enumerate(self.value_types) if name in (v.type, v.unit)]
        found = found or [i for i, v in enumerate(self.value_types) if v.type.split(":")[0] == name]
        if len(found) != 1:
            what = "is ambiguous" if found else "is not in this profile"
            names = ", ".join(str(v) for v in self.value_types)
            raise UsageError(f"value type {name!r} {what} (it has: {names})")
        return self if found[0] == self.selected else replace(self, selected=found[0])

    @cached_property
    def weights(self) -> Int64:
        """Weights of the selected value type, int64[rows]."""
        return _frozen(np.ascontiguousarray(self.samples.weight[:, self.selected]))

    @cached_property
    def sample_counts(self) -> Int64 | None:
        """Samples per row with non-zero weight in the selected value type, int64[rows]; None where unknown.

        The count column is the value type itself where it counts samples, else the one of the same event
        (``cycles/samples`` for ``cycles/count``), else ``samples/count``.
        """
        mine = self.value_type
        if mine.counts_samples and mine.scale == 1:
            return self.weights
        wanted = (f"{mine.type}/samples", "samples")
        for type_name in wanted:
            for i, other in enumerate(self.value_types):
                if other.type == type_name and other.unit == "count" and other.scale == 1:
                    counts = np.where(self.weights != 0, self.samples.weight[:, i], 0)
                    return _frozen(counts.astype(np.int64, copy=False))
        return None

    @cached_property
    def total(self) -> int:
        """Sum of the selected weights that are left after filters."""
        return int(self.weights.sum())

    @property
    def hidden_weight(self) -> int:
        """Selected weight that filters took away."""
        return self.hidden[self.selected] if self.hidden else 0

    @property
    def whole(self) -> int:
        """What shares are relative to: the selected weight before filters."""
        return self.total + self.hidden_weight

    def share(self, weight: int) -> float:
        """Return a stored weight as a share of the whole, 0 where the whole is 0."""
        return int(weight) / self.whole if self.whole else 0.0

    @property
    def sample_count(self) -> int | None:
        """Number of samples behind the selected weights, or None where the file does not tell."""
        counts = self.sample_counts
        return None if counts is None else int(counts.sum())

    @cached_property
    def stack_count(self) -> int:
        """Number of distinct stacks with non-zero selected weight."""
        return int(np.count_nonzero(self.node_self))

    # -- per node -----------------------------------------------------------------------------

    @cached_property
    def node_self(self) -> Int64:
        """Selected weight of the samples whose leaf is the node, int64[nodes]."""
        return _frozen(self.sum_at_leaves(self.weights))

    @cached_property
    def node_total(self) -> Int64:
        """Selected weight of the node and everything below it, int64[nodes]."""
        return _frozen(self.sum_subtrees(self.node_self))

    def sum_at_leaves(self, per_row: Int64) -> Int64:
        """Sum a per-row int64 column at the rows' leaf nodes, int64[nodes]."""
        out = np.zeros(len(self.call_tree), dtype=np.int64)
        np.add.at(out, self.samples.leaf, per_row)
        return out

    def sum_subtrees(self, per_node: Int64) -> Int64:
        """Sum a per-node int64 column over each node's subtree, int64[nodes], by prefix sums."""
        prefix = np.zeros(len(per_node) + 1, dtype=np.int64)
        np.cumsum(per_node, out=prefix[1:])
        result: Int64 = prefix[self.call_tree.subtree_end] - prefix[:-1]
        return result

    # -- names --------------------------------------------------------------------------------

    @cached_property
    def functions(self) -> Functions:
        """Frames grouped into functions, in order of first appearance."""
        keys = np.stack([self.frames.name, self.frames.file, self.frames.module], axis=1)
        unique, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        order = np.argsort(first, kind="stable")
        rank = np.empty(len(order), dtype=np.int32)
        rank[order] = np.arange(len(order), dtype=np.int32)
        rows = unique[order].astype(np.int32)
        return Functions(
            of_frame=_frozen(rank[inverse.reshape(-1)]),
            name=_frozen(rows[:, 0].copy()),
            file=_frozen(rows[:, 1].copy()),
            module=_frozen(rows[:, 2].copy()),
        )

    def frame_name(self, frame: int) -> str:
        """Return the name of a frame."""
        return self.frames.strings[int(self.frames.name[frame])]

    def path(self, node: int) -> tuple[int, ...]:
        """Return the frames from the root to a node."""
        frames: list[int] = []
        while node >= 0:
            frames.append(int(self.call_tree.frame[node]))
            node = int(self.call_tree.parent[node])
        return tuple(reversed(frames))

    # -- invariants ---------------------------------------------------------------------------

    def check(self) -> Profile:
        """Verify every invariant of the central types and return the profile.

        Raises:
            InvariantError: naming the first invariant that does not hold.
        """
        from hotspot.invariants import check_profile

        check_profile(self)
        return self

    # -- conveniences that reach upward; each edge is listed in the layers contract -------------

    def top(self, n: int = 20, **options: Any) -> Ranking:
        """Rank functions, lines, files or modules; see `hotspot.analysis.rank.rank`."""
        from hotspot.analysis.rank import rank

        return rank(self, n=n, **options)

    def tree(self, **options: Any) -> TextTree:
        """Return the call tree to print; see `hotspot.analysis.text_tree.text_tree`."""
        from hotspot.analysis.text_tree import text_tree

        return text_tree(self, **options)

    def peek(self, pattern: str, **options: Any) -> Peek:
        """Return callers and callees of the functions that match; see `hotspot.analysis.peek.peek`."""
        from hotspot.analysis.peek import peek

        return peek(self, pattern, **options)

    def flamegraph(self, **options: Any) -> Figure:
        """Return the flame graph as a plotly figure; see `hotspot.plots.flamegraph`."""
        from hotspot.plots import flamegraph

        return flamegraph(self, **options)

    def sandwich(self, function: str, **options: Any) -> Figure:
        """Return a function's callers and callees as a plotly figure; see `hotspot.plots.sandwich`."""
        from hotspot.plots import sandwich

        return sandwich(self, function, **options)

    def diff(self, after: Profile | Sequence[Profile], **options: Any) -> Diff:
        """Compare with a later profile; see `hotspot.analysis.diff.diff`."""
        from hotspot.analysis.diff import diff

        return diff(self, after, **options)

    def issues(self, top: int = 5, *, project: Path | None = None, dry_run: bool = False) -> DraftResult:
        """Draft issue files for the hottest places; see `hotspot.workflow.issues.draft.draft_issues`.

        Args:
            top: issues to draft or refresh; 0 for all places worth one.
            project: the project root; found from the current folder where None.
            dry_run: decide and return everything, write nothing.
        """
        from hotspot.config import load_config
        from hotspot.workflow.issues.draft import draft_issues

        return draft_issues(self, load_config(project=project), top=top, dry_run=dry_run)

    def to_pandas(self, rows: Rows = "functions") -> Any:
        """Return a ``pandas.DataFrame``; see `hotspot.analysis.columns.columns`.

        Raises:
            MissingTool: pandas is not installed.
        """
        from hotspot.analysis.columns import columns

        return _data_frame("pandas", columns(self, rows))

    def to_polars(self, rows: Rows = "functions") -> Any:
        """Return a ``polars.DataFrame``; see `hotspot.analysis.columns.columns`.

        Raises:
            MissingTool: polars is not installed.
        """
        from hotspot.analysis.columns import columns

        return _data_frame("polars", columns(self, rows))

    def __repr__(self) -> str:
        """Return one line that says what it is: an interactive Python prints it, and the columns are long."""
        total = self.value_type.human(self.whole)
        name = printable(self.provenance.path or self.label or "profile")
        told = [f"{total} {'' if self.value_type.counts_samples else 'of '}{self.value_type.type}"]
        if self.sample_count is not None and not self.value_type.counts_samples:
            told.append(f"{self.sample_count:,} samples")
        told += [f"{self.stack_count:,} stacks", f"{len(self.functions):,} functions"]
        if self.provenance.format:
            told.append(self.provenance.format)
        return f"<Profile {name}: {', '.join(told)}>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Show the profile in a notebook: its hottest functions."""
        from hotspot.notebook import mimebundle

        return mimebundle(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the contract's *profile* object."""
        number = self.value_type.number
        return {
            "label": self.label,
            "path": self.provenance.path,
            "format": self.provenance.format,
            "producer": self.provenance.producer,
            "value_type": self.value_type.to_dict(),
            "total": number(self.whole),
            "samples": self.sample_count,
            "stacks": self.stack_count,
            "losses": [loss.text for loss in self.provenance.losses],
            "runs": self.provenance.runs,
        }


def _data_frame(library: str, columns: dict[str, Any]) -> Any:
    try:
        module = import_module(library)
    except ModuleNotFoundError as error:
        raise MissingTool(f"{library} is not installed", hint=f"pip install {library}") from error
    return module.DataFrame(columns)


def _frozen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    array.flags.writeable = False
    return array


__all__ = [
    "NO_STACK",
    "UNKNOWN",
    "CallTree",
    "Frames",
    "Functions",
    "InvariantError",
    "Kind",
    "Loss",
    "LossKind",
    "ModuleStyle",
    "Profile",
    "Provenance",
    "Samples",
    "Thread",
]
