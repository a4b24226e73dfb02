"""How much of a profile one function holds: the issue's, told by its canonical name and file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hotspot.analysis.symbols import canonical
from hotspot.analysis.totals import group_totals
from hotspot.profile import Int32, Profile
from hotspot.source.ownership import Ownership
from hotspot.workflow.issues.issue_model import Issue


@dataclass(frozen=True)
class FunctionWeight:
    """Stored weights of one function in one profile; recursion counts once.

    Attributes:
        spellings: names in the profile that mean it.
    """

    self_weight: int
    total_weight: int
    spellings: tuple[str, ...]


def function_weight(profile: Profile, issue: Issue, ownership: Ownership) -> FunctionWeight | None:
    """Return what an issue's function weighs in a profile; None where the issue names no function.

    A frame with a file is the function's where that is the issue's file, or where either is not known.
    """
    function, file = issue.location("Function"), issue.location("File")
    if function is None:
        return None
    functions, strings = profile.functions, profile.frames.strings
    wanted = canonical(function).name
    is_it = np.zeros(len(functions), dtype=bool)
    for row in range(len(functions)):
        name, module = strings[int(functions.name[row])], strings[int(functions.module[row])]
        if canonical(name, module).name == wanted:
            is_it[row] = _same_file(strings[int(functions.file[row])], file, ownership)
    group: Int32 = np.where(is_it[functions.of_frame], 0, -1).astype(np.int32)
    own, total = group_totals(profile, group, 1)
    names = dict.fromkeys(strings[int(functions.name[row])] for row in np.flatnonzero(is_it).tolist())
    return FunctionWeight(int(own[0]), int(total[0]), tuple(names))


def _same_file(recorded: str, file: str | None, ownership: Ownership) -> bool:
    if not recorded or file is None or recorded == file:
        return True
    local = ownership.local_files(recorded)
    return not local or file in local
