r"""A saved session: every sample with its stack, and the seconds since the one before.

::

    {"start_time": 1.5, "duration": 2.1, "start_call_stack": [...], "frame_records": [
        [["MainThread\0<thread>\x007", "main\0/srv/a.py\x0012\x01l14"], 0.001], ...]}

The frames that were there when it began are left out, as pyinstrument does. Source: pyinstrument's session.py.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile
from hotspot.importers._js_frames import whole_number
from hotspot.importers._web_columns import SECOND, scaled
from hotspot.importers._web_json import malformed
from hotspot.importers.pyinstrument.frames import parse_frame
from hotspot.profile import UNKNOWN, Profile, Provenance, Thread
from hotspot.units import ValueType

_THREAD = "\0<thread>\0"


def read_session(path: str, document: dict[str, Any], provenance: Provenance) -> Profile:
    """Read all samples: ``samples/count`` and ``wall/nanoseconds``, selected.

    Raises:
        MalformedProfile: naming the place in the file.
        EmptyProfile: there is none.
    """
    records = _converted(
        path, document["frame_records"], list[tuple[tuple[str, ...], float]], "frame_records"
    )
    began = _converted(path, document.get("start_call_stack", []), list[str], "start_call_stack")
    if not records:
        raise EmptyProfile(path, "no sample in this session")
    builder = ProfileBuilder((ValueType("samples", "count"), ValueType("wall", "nanoseconds")))
    stacks: dict[tuple[str, ...], int] = {}
    threads: dict[str, int] = {}
    stack, thread = [], []
    for frames, _ in records:
        is_thread = bool(frames) and _THREAD in frames[0]
        thread.append(threads.setdefault(frames[0] if is_thread else "", len(threads)))
        stack.append(stacks.setdefault(frames, len(stacks)))
    seconds = scaled(path, [each for _, each in records], SECOND, "frame_records")
    leaf = _add_stacks(builder, stacks, [text.partition("\x01")[0] for text in began])
    weight = np.stack([np.ones(len(records), dtype=np.int64), seconds], axis=1)
    builder.add_samples(leaf[stack], weight, None, thread)
    profile = builder.build(provenance, threads=tuple(map(_thread, threads)))
    return profile.select("wall/nanoseconds") if seconds.any() else profile


def _converted(path: str, value: Any, shape: Any, at: str) -> Any:
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        raise malformed(path, error, 0, at) from error


def _add_stacks(
    builder: ProfileBuilder, stacks: dict[tuple[str, ...], int], began: list[str]
) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    ids: dict[str, int] = {}
    flat: list[int] = []
    offsets = [0]
    for frames in stacks:
        same = 0
        while same < min(len(frames), len(began)) and frames[same].partition("\x01")[0] == began[same]:
            same += 1
        for text in frames[same:]:
            if _THREAD in text:
                continue
            if text not in ids:
                name, file, line = parse_frame(text)
                ids[text] = builder.frames.intern(name or UNKNOWN, file, line)
            flat.append(ids[text])
        offsets.append(len(flat))
    return builder.add_stacks(flat, offsets)


def _thread(text: str) -> Thread:
    name, _, number = text.partition(_THREAD)
    return Thread(None, whole_number(number.partition("\x01")[0]), name)
