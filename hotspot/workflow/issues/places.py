"""Which places of a profile deserve an issue: functions by the weight that is charged to them.

Each sample is charged to the nearest function, from the leaf upwards, that the project owns, so charged weights
are disjoint: two places never claim the same sample, and a library's time counts where it was asked for::

    main;parse_row;malloc 3      parse_row is charged 4: its own 1 and the 3 below it in malloc
    main;parse_row        1

Where nothing in the profile is known to be owned, places are sought in three steps, and the result says at
which one they were found (`Basis`).
"""

from __future__ import annotations

import enum
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hotspot.advice.frame_names import is_library_frame
from hotspot.analysis.pattern import matching_frames
from hotspot.analysis.rank import hottest_lines
from hotspot.analysis.symbols import canonical, is_unknown
from hotspot.analysis.totals import group_totals, nearest_marked, sum_by_group
from hotspot.profile import Bool, Int32, Int64, Kind, Profile
from hotspot.source.common_names import is_everyday
from hotspot.source.definitions import Definition
from hotspot.source.ownership import Ownership, Verdict, is_library_module
from hotspot.source.symbol_parts import function_around, symbol_parts

MIN_SHARE = 0.005

_PSEUDO = re.compile(
    r"^(?:\[[^\[\]]*\]|\((?:program|idle|root|garbage colle\w+|marking|sweeping|unresolved function)\)|<native>)$"
)
# Where threads and processes begin; nothing that a project would change.
_ENTRY = re.compile(r"^_*(?:start|libc_start_\w+|start_thread|clone3?|pthread_start|thread_start|lwp_start)$")
# Files that are others' wherever the profile is looked at. Outside its repository, a file that is merely not
# here may well be the project's.
_OTHERS_FILE = re.compile(
    r"^(?:<|/usr/|/lib\d*/|/opt/homebrew/|/System/|/Library/|/nix/store/)"
    r"|(?:^|[/\\])(?:site-packages|dist-packages|\.cargo|\.rustup|rustc[/\\][0-9a-f]{40}|go/pkg/mod|node_modules|"
    r"vendor|third_party)[/\\]"
)


class Basis(enum.StrEnum):
    """What is known about who owns the places; the first one that finds any is taken."""

    IN_APP = "in-app"  # they are the project's
    UNDETERMINED = "undetermined"  # nothing is known to be the project's; these are not known to be others'
    ANY = "any"  # everything is known to be others'
    KERNEL = "kernel"  # there is nothing but kernel and library code


@dataclass(frozen=True)
class Place:
    """One function and what is charged to it. Weights are stored weights.

    Attributes:
        rank: 1 for the hottest.
        function: canonical name.
        file: relative to the project's root, or None where it is not the project's or not known; the definition's where
            the profile has none.
        recorded_file: as the profile has it, or None.
        line: its hottest known line, else the definition's.
        module: of its heaviest spelling.
        in_app: None where ownership is not known.
        weight: charged.
        samples: charged, None where the profile does not count samples.
        self_weight: of the function itself.
        total_weight: of the function and all it calls; recursion counts once.
        spellings: names in the profile that mean this function, heaviest first.
        functions: rows of ``Profile.functions`` it consists of, heaviest first.
        group: row in `Charges`.
        definition: where the repository defines it, None where that is not known or not one definition.
        candidates: the definitions it can mean where that is not decided, else empty: there are several, or the name
            is one that many programs have.
    """

    rank: int
    function: str
    file: str | None
    recorded_file: str | None
    line: int | None
    module: str | None
    in_app: bool | None
    weight: int
    share: float
    samples: int | None
    self_weight: int
    total_weight: int
    spellings: tuple[str, ...]
    functions: tuple[int, ...]
    group: int
    definition: Definition | None = None
    candidates: tuple[Definition, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Identity of the place: see `fingerprint`."""
        return fingerprint(self.function, self.file)

    @property
    def where(self) -> str:
        """``file:line``, else the module's name, as much of it as is known."""
        file = self.file or self.recorded_file
        if file is None:
            return (self.module or "").rsplit("/", 1)[-1]
        return f"{file}:{self.line}" if self.line else file


def fingerprint(function: str, file: str | None) -> str:
    """Return 12 hex digits of the SHA-256 of canonical function, NUL, repository-relative file (or nothing)."""
    text = f"{function}\0{file or ''}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


@dataclass(frozen=True, eq=False)
class Charges:
    """Every sample's weight at the function that answers for it.

    Attributes:
        basis: see `Basis`.
        marked: nodes whose function answers for what is charged there, bool[nodes].
        holder: each node's nearest marked node upwards, itself included, -1 for none, int32[nodes].
        group_of_frame: place of each frame, -1 for none, int32[frames]; spellings of a function share a place.
        keys: (canonical function, file or nothing) of each place.
        found: definitions that the name of a place can mean, for those without a file in the profile.
        ownership: which decided.
    """

    profile: Profile
    verdict: Verdict
    basis: Basis
    marked: Bool
    holder: Int32
    group_of_frame: Int32
    keys: tuple[tuple[str, str], ...]
    found: dict[int, tuple[Definition, ...]]
    ownership: Ownership

    @cached_property
    def group_of_node(self) -> Int32:
        """The place that answers for each node, -1 for none, int32[nodes]."""
        frame = self.profile.call_tree.frame[self.holder]
        result: Int32 = np.where(self.holder >= 0, self.group_of_frame[frame], -1)
        return result

    @cached_property
    def weight(self) -> Int64:
        """Charged weight of each place, int64[places]."""
        return sum_by_group(self.group_of_node, self.profile.node_self, len(self.keys))

    @cached_property
    def uncharged(self) -> int:
        """Weight that no place answers for."""
        return self.profile.total - int(self.weight.sum())

    @cached_property
    def samples(self) -> Int64 | None:
        """Charged samples of each place, int64[places]."""
        counts = self.profile.sample_counts
        if counts is None:
            return None
        return sum_by_group(self.group_of_node, self.profile.sum_at_leaves(counts), len(self.keys))

    @cached_property
    def frame_weight(self) -> Int64:
        """Charged weight of each frame (so of each line of a function), int64[frames]."""
        at_holder = sum_by_group(self.holder, self.profile.node_self, len(self.profile.call_tree))
        return sum_by_group(self.profile.call_tree.frame, at_holder, len(self.profile.frames))

    @cached_property
    def _totals(self) -> tuple[Int64, Int64]:
        return group_totals(self.profile, self.group_of_frame, len(self.keys))

    @cached_property
    def _lines(self) -> Int32:
        return hottest_lines(self.profile, self.frame_weight, self.group_of_frame, len(self.keys))[1]

    def places(self) -> Iterator[Place]:
        """Yield the places, heaviest first; ties by total, then by name."""
        own, total = self._totals
        hot = np.flatnonzero(self.weight > 0).tolist()
        order = sorted(hot, key=lambda g: (-int(self.weight[g]), -int(total[g]), self.keys[g]))
        for i, group in enumerate(order):
            yield self._place(i + 1, group, int(own[group]), int(total[group]))

    def _place(self, rank: int, group: int, own: int, total: int) -> Place:
        profile = self.profile
        functions, strings = profile.functions, profile.frames.strings
        frames = np.flatnonzero(self.group_of_frame == group)
        frames = frames[np.argsort(-self.frame_weight[frames], kind="stable")]
        rows = list(dict.fromkeys(functions.of_frame[frames].tolist()))
        heaviest = rows[0]
        weight = int(self.weight[group])
        function, file = self.keys[group]
        line = int(self._lines[group]) or None
        definition, candidates = self._defined(group, strings[int(functions.name[heaviest])], line)
        return Place(
            rank,
            function,
            file or None,
            strings[int(functions.file[heaviest])] or None,
            line or (definition.line if definition else None),
            strings[int(functions.module[heaviest])] or None,
            self._in_app(int(frames[0])),
            weight,
            profile.share(weight),
            None if self.samples is None else int(self.samples[group]),
            own,
            total,
            tuple(dict.fromkeys(strings[int(functions.name[row])] for row in rows)),
            tuple(rows),
            group,
            definition,
            candidates,
        )

    def _defined(
        self, group: int, name: str, line: int | None
    ) -> tuple[Definition | None, tuple[Definition, ...]]:
        """Where a place is defined, and what it can mean where that is not decided."""
        file = self.keys[group][1]
        found = self.found.get(group)
        if found is None and file:
            found = self.ownership.locator.in_file(file, name, line)
        if found and len(found) == 1 and file:
            return found[0], ()
        return None, found or ()

    def _in_app(self, frame: int) -> bool | None:
        if self.basis is Basis.UNDETERMINED or not self.verdict.known[frame]:
            return None
        return bool(self.verdict.owned[frame])


def charge(profile: Profile, ownership: Ownership) -> Charges:
    """Charge every sample to the function that answers for it.

    The project's own functions do, where they hold at least `MIN_SHARE` of the profile. Else ownership counts as
    not determined, and these are tried: functions not known to be others', any function, kernel functions too;
    names that only libraries and runtimes use are left out of the first two.
    """
    verdict = ownership.classify(profile)
    facts = _FrameFacts(profile, verdict, ownership.config.not_in_app)
    for basis in Basis:
        eligible = facts.eligible(basis)
        marked = eligible[profile.call_tree.frame]
        if basis is not Basis.IN_APP:
            marked = marked & ~_process_names(profile)
        holder = nearest_marked(profile.call_tree, marked)
        held = int(profile.node_self[holder >= 0].sum())
        if profile.share(held) >= MIN_SHARE:
            break
    group_of_frame, keys, found = _group(profile, eligible, verdict, ownership)
    return Charges(profile, verdict, basis, marked, holder, group_of_frame, keys, found, ownership)


class _FrameFacts:
    """What names, files and kinds say about frames, bool[frames] each; found out when first asked."""

    def __init__(self, profile: Profile, verdict: Verdict, not_in_app: tuple[str, ...]) -> None:
        self.profile = profile
        self.verdict = verdict
        self.not_in_app = not_in_app

    def eligible(self, basis: Basis) -> Bool:
        """Which frames may answer for weight."""
        if basis is Basis.IN_APP:  # what the user or the repository says, whatever a name looks like
            eligible = self.verdict.owned & self.named
        elif basis is Basis.UNDETERMINED:
            eligible = self.everyday & ~self.others
        else:
            eligible = self.everyday if basis is Basis.ANY else self.named & ~self.entry
        return eligible

    @cached_property
    def named(self) -> Bool:
        """Functions, as opposed to processes, threads and what stands for an unknown name."""
        kind = self.profile.frames.kind
        kinds: Bool = (kind != Kind.PROCESS) & (kind != Kind.THREAD) & (kind != Kind.WAKER)
        return kinds & ~self._told_by(lambda name: is_unknown(name) or _PSEUDO.match(name) is not None)

    @cached_property
    def entry(self) -> Bool:
        """Where threads and processes begin."""
        return self._told_by(lambda name: _ENTRY.match(name) is not None)

    @cached_property
    def everyday(self) -> Bool:
        """Functions outside the kernel whose name is no library's."""
        frames, strings = self.profile.frames, self.profile.frames.strings
        pairs = zip(frames.name.tolist(), frames.file.tolist(), strict=True)
        library = np.fromiter((is_library_frame(strings[n], strings[f]) for n, f in pairs), bool, len(frames))
        everyday: Bool = self.named & ~self.entry & ~library & (frames.kind != Kind.KERNEL)
        return everyday

    @cached_property
    def others(self) -> Bool:
        """Other people's, wherever the profile is looked at: that a file is not here does not count."""
        frames, strings = self.profile.frames, self.profile.frames.strings
        by_file = np.fromiter((_OTHERS_FILE.search(s) is not None for s in strings), bool, len(strings))
        by_module = np.fromiter((is_library_module(s) for s in strings), bool, len(strings))
        decided = self.verdict.known & ~self.verdict.owned & (frames.file == 0)
        others: Bool = by_file[frames.file] | by_module[frames.module] | decided
        for pattern in self.not_in_app:
            others = others | matching_frames(self.profile, pattern)
        return others

    def _told_by(self, test: Callable[[str], bool]) -> Bool:
        strings = self.profile.frames.strings
        found = np.fromiter((test(text) for text in strings), bool, len(strings))
        result: Bool = found[self.profile.frames.name]
        return result


def _process_names(profile: Profile) -> Bool:
    """Which nodes are a process's name rather than a function, bool[nodes].

    Collapsed perf stacks begin with it and do not mark it. They do mark kernel frames, so in a profile with some,
    a root that no sample ends in is a process.
    """
    tree = profile.call_tree
    if not (profile.frames.kind == Kind.KERNEL).any():
        return np.zeros(len(tree), dtype=bool)
    result: Bool = (tree.depth == 0) & (profile.node_self == 0)
    return result


def _is_closure(name: str) -> bool:
    return function_around(name) != name


def _group(
    profile: Profile, eligible: Bool, verdict: Verdict, ownership: Ownership
) -> tuple[Int32, tuple[tuple[str, str], ...], dict[int, tuple[Definition, ...]]]:
    """Group eligible frames by canonical name and the project's file, which the sources tell where the profile does not.

    A closure is part of the function it is written in: nobody would change the one without reading the other.
    """
    functions, strings = profile.functions, profile.frames.strings
    wanted = np.unique(functions.of_frame[eligible])
    owned = np.zeros(len(functions), dtype=bool)
    owned[functions.of_frame[verdict.owned]] = True
    local: dict[str, str] = {"": ""}
    index: dict[tuple[str, str], int] = {}
    found: dict[int, tuple[Definition, ...]] = {}
    written: dict[
        tuple[tuple[str, ...], str], str
    ] = {}  # how the profile spells the functions that are no closures
    group_of_function = np.full(len(functions), -1, dtype=np.int32)
    closures_last = sorted(wanted.tolist(), key=lambda f: _is_closure(strings[int(functions.name[f])]))
    for function in closures_last:
        recorded = strings[int(functions.file[function])]
        if recorded not in local:
            local[recorded] = ownership.local_file(recorded) or ""
        module = strings[int(functions.module[function])]
        spelled = strings[int(functions.name[function])]
        name = canonical(spelled, module).name
        file = local[recorded]
        candidates: tuple[Definition, ...] = ()
        if not recorded:
            candidates = ownership.definitions_of(spelled, module)
            if len(candidates) == 1 and (owned[function] or not is_everyday(spelled)):
                file = candidates[0].file
        parts = symbol_parts(spelled)
        if _is_closure(name):
            name = written.get((parts, file)) or function_around(name)
        else:
            written.setdefault((parts, file), name)
        group = index.setdefault((name, file), len(index))
        if candidates:
            found[group] = candidates
        group_of_function[function] = group
    group_of_frame = np.where(eligible, group_of_function[functions.of_frame], -1).astype(np.int32)
    return group_of_frame, tuple(index), found
