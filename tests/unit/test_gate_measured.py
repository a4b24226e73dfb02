"""Where the gate's two sides come from when they were recorded in turn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hotspot.config import Config, load_config
from hotspot.errors import UnreadableInput, UsageError
from hotspot.state import RunRecord, State, StoredProfile, machine_facts
from hotspot.workflow.gate.measured import from_recording


def record(
    config: Config, group: str, turn: int, command: tuple[str, ...] = ("prog",), pid: int | None = None
) -> None:
    state = State(config.state_directory)
    started = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=turn, minutes=len(state.run_ids()))
    name = f"{started:%Y%m%dT%H%M%SZ}-{group}"
    path = config.state_directory / "runs" / f"{name}.folded"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"main;side{turn % 2} 10\n")
    state.write_run(
        RunRecord(
            id=name,
            started=started,
            ended=started,
            command=command,
            cwd=".",
            recorder="py-spy",
            machine=machine_facts(),
            profiles=(StoredProfile(str(path.relative_to(config.root)), ""),),
            pid=pid,
            revision="a" * 40,
            group=group,
            side=turn % 2,
            label=("main", "working tree")[turn % 2],
            turn=turn,
        )
    )


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "hotspot.toml").touch()
    return load_config(tmp_path)


def test_the_newest_comparison_is_taken(config: Config) -> None:
    for group, turns in (("old", 2), ("new", 6)):
        for turn in range(turns):
            record(config, group, turn)
    measured = from_recording(config)
    assert [len(side) for side in (measured.base_profiles, measured.head_profiles)] == [3, 3]
    assert all("side0" in run.frames.strings for run in measured.base_profiles)
    assert (measured.base_name, measured.base_revision) == ("main", "a" * 40)
    assert measured.equal_work


def test_two_commands_need_not_do_the_same_work(config: Config) -> None:
    record(config, "g", 0, ("old",))
    record(config, "g", 1, ("new",))
    assert not from_recording(config).equal_work


def test_nothing_recorded(config: Config) -> None:
    with pytest.raises(UsageError, match="nothing to judge"):
        from_recording(config)


def test_a_profile_that_is_gone(config: Config) -> None:
    record(config, "g", 0)
    record(config, "g", 1)
    next((config.state_directory / "runs").glob("*.folded")).unlink()
    with pytest.raises(UnreadableInput, match="is gone"):
        from_recording(config)
