"""What the gate answered, kept for those who ask later: status, worklog, the end of the work.

One JSON file an answer, ``.hotspot/gates/ID.json``; ``docs/state.md`` has its keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from hotspot.config import Config
from hotspot.state import MalformedState, State, new_id, read_json, write_json
from hotspot.workflow.gate.gate import Gate, Verdict
from hotspot.workflow.gate.items import Item
from hotspot.workflow.gate.measured import DataFile

SCHEMA = "hotspot.gate.kept/1"


@dataclass(frozen=True)
class KeptGate:
    """One answer.

    Attributes:
        id: sorts by time.
        when: it was given, in UTC.
        revision: commit that was judged; None where the measurements do not tell.
        dirty: whether uncommitted changes were judged with it.
        base: what it was held against, for people; None for nothing.
        command: how the gate was called.
        files: that the measurements were read from.
        items: everything that was asked.
        partial: what got better and what worse, where both happened.
    """

    id: str
    when: datetime
    verdict: Verdict
    revision: str | None
    dirty: bool
    base: str | None
    command: tuple[str, ...]
    files: tuple[DataFile, ...]
    items: tuple[Item, ...]
    partial: str | None

    @property
    def of(self) -> str:
        """What was judged, for people: ``commit 17531c723171 with uncommitted changes``."""
        if self.revision is None:
            return "a state that the measurements do not name"
        return f"commit {self.revision[:12]}{' with uncommitted changes' if self.dirty else ''}"


class _File(msgspec.Struct):
    schema: str
    when: datetime
    verdict: Verdict
    revision: str | None
    dirty: bool
    base: str | None
    command: tuple[str, ...]
    files: tuple[DataFile, ...]
    rows: tuple[Item, ...]
    partial: str | None


def keep(config: Config, gate: Gate, command: Sequence[str]) -> KeptGate:
    """Keep an answer.

    Args:
        config: of the project.
        gate: the answer.
        command: how the gate was called.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    judged = gate.measured.judged
    kept = KeptGate(
        id=new_id(now),
        when=now,
        verdict=gate.verdict,
        revision=judged.revision if judged is not None else None,
        dirty=judged is not None and judged.dirty,
        base=gate.measured.base_name,
        command=tuple(command),
        files=gate.measured.files,
        items=gate.items,
        partial=gate.partial,
    )
    folder = State(config.state_directory).gates
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / f"{kept.id}.json", _document(kept))
    return kept


def kept_gates(config: Config) -> tuple[KeptGate, ...]:
    """Return the answers that were kept, oldest first.

    Raises:
        MalformedState: one is damaged.
    """
    paths = State(config.state_directory).gates.glob("*.json")
    return tuple(_read(path) for path in sorted(paths) if not path.stem.endswith("-runs"))


def _document(kept: KeptGate) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "when": kept.when.isoformat(),
        "verdict": kept.verdict,
        "revision": kept.revision,
        "dirty": kept.dirty,
        "base": kept.base,
        "command": list(kept.command),
        "files": [{"path": file.path, "sha256": file.sha256} for file in kept.files],
        "rows": [item.to_dict() for item in kept.items],
        "partial": kept.partial,
    }


def _read(path: Path) -> KeptGate:
    try:
        file = msgspec.convert(read_json(path), _File)
    except msgspec.ValidationError as error:
        raise MalformedState(
            f"{path}: {str(error)[:1].lower()}{str(error)[1:]}",
            hint="it can be deleted: the gate writes new ones",
        ) from error
    if file.schema != SCHEMA:
        raise MalformedState(f"{path}: schema {file.schema!r}, expected {SCHEMA!r}")
    return KeptGate(
        id=path.stem,
        when=file.when,
        verdict=file.verdict,
        revision=file.revision,
        dirty=file.dirty,
        base=file.base,
        command=file.command,
        files=file.files,
        items=file.rows,
        partial=file.partial,
    )
