"""``hotspot issues finish``: writes the end of the work into the worklog, or begins ``research/NN-future-optimizations.md``."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotspot.config import Config
from hotspot.workflow.documents.ending import Ending
from hotspot.workflow.documents.future import close_future, write_future
from hotspot.workflow.documents.summary import summary_lines
from hotspot.workflow.documents.worklog import Summary, refresh


@dataclass(frozen=True, eq=False)
class Finished:
    """What was written.

    Attributes:
        worklog: with the final summary, or with where to read on.
        future: the note on what is missing; None where the criteria are met.
    """

    ending: Ending
    worklog: Path
    future: Path | None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        return {
            **self.ending.to_dict(),
            "worklog": str(self.worklog),
            "future": str(self.future) if self.future else None,
        }


def finish(config: Config, ending: Ending, today: datetime.date) -> Finished:
    """Write down how the work ended; a second time, the same places are brought up to date.

    Raises:
        HotspotError: a document cannot be read or written.
    """
    if ending.success:
        close_future(config, today)
        summary = Summary(summary_lines(ending, today), success=True)
        future = None
    else:
        future = write_future(config, ending, today)
        where = f"[{future.name}](../research/{future.name})"
        summary = Summary(
            (f"The criteria were not met on {today.isoformat()}: {where} has what to choose from.",), False
        )
    worklog = refresh(config, summary=summary)
    assert worklog is not None  # with a summary there is something to log
    return Finished(ending, worklog, future)
