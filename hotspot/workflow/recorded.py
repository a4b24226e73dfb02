"""What hotspot's own records know of profiles that are read again: by what, when and with how much work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from hotspot.profile import Profile, Recording
from hotspot.state import RunRecord, State


def with_recordings(profiles: Sequence[Profile], state: State) -> list[Profile]:
    """Return the profiles, those that hotspot recorded with their `Recording`; a file is told by its checksum."""
    if not state.has_records():
        return list(profiles)  # and no file need be hashed
    records = state.newest_records({profile.provenance.sha256 for profile in profiles})
    return [
        with_recording(profile, records[profile.provenance.sha256])
        if profile.provenance.sha256 in records
        else profile
        for profile in profiles
    ]


def with_recording(profile: Profile, record: RunRecord) -> Profile:
    """Return a profile that knows its record, and from it what its format does not tell."""
    recording = Recording(_nanoseconds(record.started), _nanoseconds(record.ended), record.work)
    provenance = profile.provenance
    duration = provenance.duration_ns
    return replace(
        profile,
        provenance=replace(
            provenance,
            producer=record.recorder,
            duration_ns=recording.ended_ns - recording.started_ns if duration is None else duration,
            recording=recording,
        ),
    )


def _nanoseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1e6) * 1000
