"""That an issue's brief was printed, and when: `hotspot status` ticks a box from it."""

from __future__ import annotations

import datetime

from hotspot.config import Config
from hotspot.errors import HotspotError
from hotspot.state import read_json, write_json
from hotspot.workflow.issues.store import StoredIssue
from hotspot.workflow.lifecycle.start_record import folder_of

_FILE = "brief.json"


def note_brief(stored: StoredIssue, config: Config, today: datetime.date) -> None:
    """Write down that the brief was printed."""
    folder = folder_of(stored, config)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / _FILE, {"schema": "hotspot.issues.brief-printed/1", "printed": today.isoformat()})


def brief_printed(stored: StoredIssue, config: Config) -> str | None:
    """Return the day on which the brief was last printed, or None."""
    try:
        printed = read_json(folder_of(stored, config) / _FILE).get("printed")
    except HotspotError:
        return None
    return printed if isinstance(printed, str) else None
