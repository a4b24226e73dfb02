"""Folded text against a profile: nothing is lost but what the format cannot hold."""

from __future__ import annotations

from collections import Counter

import pytest
from hotspot.builder import ProfileBuilder
from hotspot.exporters.folded import frame_labels, write
from hotspot.importers import folded as importer
from hotspot.importers.base import ImportOptions, bytes_source
from hotspot.importers.labels import Label, format_label, parse_label
from hotspot.profile import Kind, ModuleStyle, Profile, Provenance
from hotspot.units import ValueType
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import SETTINGS, Frame, Recording, as_stored, frames, recordings, stacks_of

COUNTS = st.sampled_from([1, 10, 1000]).map(lambda scale: (ValueType("samples", "count", scale),))


def load(data: bytes) -> Profile:
    (profile,) = importer.load(bytes_source("x", data), ImportOptions())
    return profile.check()


def is_held(frame: Frame, style: ModuleStyle) -> bool:
    """Whether a label tells all about a frame, is not trimmed at the ends of a line, and is Unicode."""
    name, file, line, module, kind = frame
    text = format_label(Label(name, file, line, module, Kind(kind), style))
    told = parse_label(text)
    spelled = told.module_style in (style, ModuleStyle.NONE)
    return (
        spelled
        and text == text.strip() == text.encode(errors="backslashreplace").decode()
        and frame == (told.name, told.file, told.line, told.module, told.kind)
    )


def held_recordings(style: ModuleStyle) -> st.SearchStrategy[Recording]:
    held = frames.map(as_stored).filter(lambda frame: is_held(frame, style))
    return recordings(frames=held, value_types=COUNTS, styles=st.just(style))


HELD = {style: held_recordings(style) for style in ModuleStyle}


@pytest.mark.parametrize("style", list(ModuleStyle), ids=lambda style: style.name)
@SETTINGS
@given(data=st.data())
def test_what_the_format_can_hold_comes_back(style: ModuleStyle, data: st.DataObject) -> None:
    profile = data.draw(HELD[style]).profile()
    again = load(b"".join(write(profile)) or b"x 0")
    scale, expected = profile.value_type.scale, {s: w for s, w in stacks_of(profile).items() if w}
    got = {stack: weight for stack, weight in stacks_of(again).items() if weight}
    factor = scale // again.value_type.scale  # trailing zeros of all weights are not written
    assert {stack: weight * factor for stack, weight in got.items()} == expected
    assert again.provenance.losses == ()


@SETTINGS
@given(recordings(value_types=COUNTS))
def test_hostile_frames_come_out_as_they_were_written(recording: Recording) -> None:
    once = b"".join(write(recording.profile()))
    again = load(once or b"x 0")
    assert again.provenance.losses == ()
    assert again.value_type.exact(again.total) == recording.profile().value_type.exact(
        recording.profile().total
    )
    if all(label == label.strip() for label in frame_labels(recording.profile())):
        # A module spelled in another way than most is a part of the name from then on.
        assert b"".join(write(load(b"".join(write(again)) or b"x 0"))) == b"".join(write(again))


@SETTINGS
@given(recordings(value_types=COUNTS))
def test_the_text_is_sorted_and_adds_up(recording: Recording) -> None:
    profile = recording.profile()
    lines = b"".join(write(profile)).splitlines()
    assert lines == sorted(lines)
    stacks = [line.rsplit(None, 1)[0] for line in lines]
    assert len(set(stacks)) == len(stacks)
    scale = profile.value_type.scale
    sums = [round(float(line.rsplit(None, 1)[1]) * scale) for line in lines]
    if max(map(abs, sums), default=0) < 2**50:
        assert sum(sums) == profile.total


# Lines as other tools write them, against the plainest reader there is.
word = st.text("ab é(<", min_size=1, max_size=3).filter(lambda text: text == text.strip() and text)
plain_lines = st.lists(
    st.tuples(st.lists(word, min_size=1, max_size=5), st.integers(-9, 10**12)), min_size=1, max_size=20
)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@SETTINGS
@given(lines=plain_lines)
def test_plain_lines_are_a_dictionary(
    newline: str, encoding: str, lines: list[tuple[list[str], int]]
) -> None:
    text = newline.join(f"{';'.join(stack)} {count}" for stack, count in lines)
    expected: Counter[str] = Counter()
    for stack, count in lines:
        expected[";".join(stack)] += count
    written = b"".join(write(load(text.encode(encoding)))).decode()
    assert written == "".join(sorted(f"{stack} {count}\n" for stack, count in expected.items() if count))


@SETTINGS
@given(st.lists(frames, min_size=1, max_size=5))
def test_two_frames_share_a_line_only_with_one_label(rows: list[Frame]) -> None:
    builder = ProfileBuilder((ValueType("samples", "count"),))
    ids = [builder.frames.intern(*row) for row in rows]
    builder.add_samples(builder.add_stacks(ids, range(len(ids) + 1)), [1] * len(ids))
    profile = builder.build(Provenance())
    text = b"".join(write(profile))
    assert text.count(b"\n") == len(set(frame_labels(profile)))
