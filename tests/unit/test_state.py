from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hotspot.errors import UnreadableInput
from hotspot.state import (
    MalformedState,
    RunRecord,
    State,
    StoredProfile,
    machine_facts,
    new_id,
)

MOMENT = datetime(2026, 11, 27, 4, 53, 38, 123456, tzinfo=UTC)


def a_record(**changes: object) -> RunRecord:
    values = {
        "id": "20261127T045338Z-3fa1",
        "started": MOMENT,
        "ended": MOMENT,
        "command": ("python", "app.py", "a b"),
        "cwd": ".",
        "recorder": "py-spy 0.4.3",
        "machine": machine_facts(),
        "profiles": (StoredProfile(".hotspot/runs/x.folded", "ab" * 32),),
        "recorder_options": ("--rate", "100"),
        "exit_code": 3,
        "work": 2.5,
        "dirty": True,
    }
    return RunRecord(**(values | changes))  # type: ignore[arg-type]


def test_a_record_reads_back_as_it_was_written(tmp_path: Path) -> None:
    state = State(tmp_path / ".hotspot")
    path = state.write_run(a_record())
    assert state.read_run("20261127T045338Z-3fa1") == a_record()
    assert state.run_ids() == ["20261127T045338Z-3fa1"]
    assert json.loads(path.read_text())["started"] == "2026-11-27T04:53:38.123456Z"


def test_keys_of_a_newer_version_survive(tmp_path: Path) -> None:
    state = State(tmp_path)
    path = state.write_run(a_record())
    path.write_text(json.dumps(json.loads(path.read_text()) | {"mood": "calm"}))
    state.write_run(state.read_run("20261127T045338Z-3fa1"))
    assert json.loads(path.read_text())["mood"] == "calm"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "no valid JSON"),
        ("[" * 100_000, "no valid JSON"),
        ("[]", "expected a JSON object"),
        ("{}", "'schema' is missing"),
        ('{"schema": "hotspot.run/9"}', "schema 'hotspot.run/9', expected 'hotspot.run/1'"),
    ],
)
def test_damage_is_named(text: str, complaint: str, tmp_path: Path) -> None:
    state = State(tmp_path)
    state.runs.mkdir()
    (state.runs / "x.json").write_text(text)
    with pytest.raises(MalformedState, match=rf"x\.json: {complaint}"):
        state.read_run("x")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("exit_code", True),
        ("started", "soon"),
        ("command", [1]),
        ("machine", []),
        ("profiles", [{}]),
        ("work", "2"),
    ],
)
def test_values_of_the_wrong_type_are_named(key: str, value: object, tmp_path: Path) -> None:
    state = State(tmp_path)
    path = state.write_run(a_record())
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    with pytest.raises(MalformedState, match=r"3fa1\.json: "):
        state.read_run("20261127T045338Z-3fa1")


def test_a_run_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="no such file"):
        State(tmp_path).read_run("x")


def test_records_are_found_by_the_checksum_of_their_profiles_newest_first(tmp_path: Path) -> None:
    state = State(tmp_path)
    assert list(state.records_of("ab" * 32)) == []
    state.write_run(a_record(id="1"))
    state.write_run(a_record(id="2"))
    state.write_run(a_record(id="3", profiles=(StoredProfile("x", "cd" * 32),)))
    (state.runs / "9.json").write_text("ab" * 32 + "{ damaged")
    assert [record.id for record in state.records_of("ab" * 32)] == ["2", "1"]
    assert list(state.records_of("")) == []
    newest = state.newest_records({"ab" * 32, "cd" * 32, "ef" * 32})
    assert {checksum[:2]: record.id for checksum, record in newest.items()} == {"ab": "2", "cd": "3"}


def test_names_of_runs_sort_by_time() -> None:
    assert new_id(MOMENT).startswith("20261127T045338Z-")
    assert new_id(MOMENT) != new_id(MOMENT)


def test_what_is_computed_again_is_ignored_by_git(tmp_path: Path) -> None:
    assert (State(tmp_path).ignored("cache") / ".gitignore").read_text() == "*\n"


def test_facts_of_the_machine_name_nobody() -> None:
    import platform

    facts = machine_facts().to_dict()
    assert set(facts) == {"system", "kernel", "architecture", "cpu", "cores", "memory_bytes", "python"}
    assert platform.node() not in facts.values()
