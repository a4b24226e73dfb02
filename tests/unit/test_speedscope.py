"""speedscope JSON: what is read from files drawn here, what is refused, and that what is written fits the schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile, UsageError
from hotspot.exporters import speedscope as exporter
from hotspot.importers import speedscope
from hotspot.importers.base import Head, ImportOptions, Match, NotThisFormat, bytes_source
from hotspot.importers.speedscope.numbers import read_numbers
from hotspot.profile import Kind, LossKind, Profile, Provenance
from hotspot.units import ValueType

from tests.speedscope_package import speedscope_site
from tests.vocabulary import folded, format_tree, profile_from_text, tree_text

SCHEMA = "https://www.speedscope.app/file-format-schema.json"
COUNT = ValueType("samples", "count")


def sampled(samples: object, weights: object, unit: str = "none", **more: Any) -> dict[str, Any]:
    return {
        "type": "sampled", "name": "p", "unit": unit, "startValue": 0, "endValue": 0,
        "samples": samples, "weights": weights, **more,
    }  # fmt: skip


def evented(text: str, unit: str = "none", **more: Any) -> dict[str, Any]:
    """Draw events as ``O0@0 C0@5``: kind, frame, when."""
    events = [
        {
            "type": word[0],
            "frame": int(word[1 : word.index("@")]),
            "at": json.loads(word[word.index("@") + 1 :]),
        }
        for word in text.split()
    ]
    return {
        "type": "evented",
        "name": "p",
        "unit": unit,
        "startValue": 0,
        "endValue": 0,
        "events": events,
        **more,
    }


def document(*profiles: dict[str, Any], frames: str = "abcd", **more: Any) -> bytes:
    shared = {"frames": [{"name": name} for name in frames]}
    return json.dumps({"$schema": SCHEMA, "shared": shared, "profiles": profiles, **more}).encode()


def read_all(data: bytes) -> list[Profile]:
    return [p.check() for p in speedscope.load(bytes_source("x.json", data), ImportOptions())]


def read(data: bytes) -> Profile:
    (profile,) = read_all(data)
    return profile


# -- sampled --------------------------------------------------------------------------------------------------


def test_a_sampled_profile() -> None:
    profile = read(document(sampled([[0, 1, 2], [0, 1, 2], [0, 1, 3], [0, 1, 2], [0, 1]], [1, 1, 4, 3, 5])))
    assert format_tree(profile) == tree_text("""
        a 14,0
          b 14,5
            c 5,5
            d 4,4
    """)
    assert (profile.value_types, profile.total, profile.label) == ((COUNT,), 14, "p")


def test_only_frames_that_are_used_are_in_the_profile() -> None:
    first, second = read_all(document(sampled([[0, 1]], [1]), sampled([[3]], [1])))
    assert [first.frame_name(i) for i in range(len(first.frames))] == ["a", "b"]
    assert [second.frame_name(i) for i in range(len(second.frames))] == ["d"]


def test_frames_have_files_and_lines_and_lose_columns() -> None:
    frames = [
        {"name": "f", "file": "x.py", "line": 3, "col": 7},
        {"name": "g", "file": None, "line": None, "col": None},
        {"name": "h", "line": 2.0},
        {"name": "", "file": "y.py"},
        {"file": "z.py", "line": -1},
        {"name": "k", "line": 99999999999},
    ]
    data = document(sampled([[0, 1, 2, 3, 4, 5]], [1]), shared={"frames": frames})
    profile = read(data)
    rows = profile.frames
    columns = zip(rows.name.tolist(), rows.file.tolist(), rows.line.tolist(), strict=True)
    assert [(rows.strings[name], rows.strings[file], line) for name, file, line in columns] == [
        ("f", "x.py", 3), ("g", "", 0), ("h", "", 2), ("[unknown]", "y.py", 0), ("[unknown]", "z.py", 0), ("k", "", 0),
    ]  # fmt: skip
    (loss,) = profile.provenance.losses
    assert (loss.kind, loss.amount) == (LossKind.DROPPED, 1)


def test_an_empty_stack_is_a_sample_without_one() -> None:
    assert folded(read(document(sampled([[], [0], []], [1, 2, 4])))) == {"[no stack]": 5, "a": 2}


@pytest.mark.parametrize(
    ("unit", "weights", "value_type", "total"),
    [
        ("none", [1, 2], COUNT, 3),
        ("none", [1.0, 2.0], COUNT, 3),
        ("none", [0.5, 2], ValueType("weights", "count", 10), 25),
        ("seconds", [0.01, 0.02], ValueType("time", "seconds", 100), 3),
        ("milliseconds", [0.125, 2], ValueType("time", "milliseconds", 1000), 2125),
        ("microseconds", [5, 6], ValueType("time", "microseconds"), 11),
        ("nanoseconds", [5, 6], ValueType("time", "nanoseconds"), 11),
        ("bytes", [512, 1], ValueType("space", "bytes"), 513),
        ("widgets", [512, 1], ValueType("weights", "widgets"), 513),
        (None, [1, 2], COUNT, 3),
    ],
)
def test_the_unit_tells_the_value_type(
    unit: str, weights: list[float], value_type: ValueType, total: int
) -> None:
    profile = read(document(sampled([[0], [1]], weights, unit)))
    assert (profile.value_types, profile.total) == ((value_type,), total)


def test_equal_weights_of_time_are_a_sampler_s_period() -> None:
    profile = read(document(sampled([[0], [0], [1]], [0.01, 0.01, 0.01], "seconds")))
    assert profile.value_types == (ValueType("time", "seconds", 100), COUNT)
    assert (profile.total, profile.sample_count) == (3, 3)
    assert read(document(sampled([[0], [1]], [0.01, 0.02], "seconds"))).sample_count is None
    assert read(document(sampled([[0]], [0.01], "seconds"))).sample_count is None


def test_start_and_end_are_the_duration() -> None:
    data = document(sampled([[0]], [1], "milliseconds", startValue=0.25, endValue=2.5))
    assert read(data).provenance.duration_ns == 2_250_000
    assert read(document(sampled([[0]], [1], "none", endValue=9))).provenance.duration_ns is None
    assert read(document(sampled([[0]], [1], "seconds", startValue=None))).provenance.duration_ns is None


@pytest.mark.parametrize(
    ("more", "producer"),
    [({"exporter": "py-spy@0.4.3"}, "py-spy@0.4.3"), ({"version": "0.0.1"}, "speedscope 0.0.1"), ({}, "")],
)
def test_the_producer(more: dict[str, str], producer: str) -> None:
    assert read(document(sampled([[0]], [1]), **more)).provenance.producer == producer


def test_all_profiles_are_read_and_labelled() -> None:
    profiles = read_all(document(sampled([[0]], [1], name="one"), sampled([[0]], [2], name="two")))
    assert [(p.label, p.total) for p in profiles] == [("one", 1), ("two", 2)]


def test_empty_profiles_are_left_out_and_named() -> None:
    profile = read(
        document(sampled([], [], name="idle"), sampled([[0]], [2], name="busy"), evented("", name="off"))
    )
    assert (profile.label, profile.total) == ("busy", 2)
    assert [loss.text for loss in profile.provenance.losses] == [
        "profiles without samples are left out: 'idle', 'off'"
    ]
    with pytest.raises(EmptyProfile):
        read_all(document(sampled([], []), evented("")))


def test_whitespace_and_other_encodings() -> None:
    data = document(sampled([[0, 1], [0]], [1, 2]))
    text = json.dumps(json.loads(data), indent="\t").replace("\n", "\r\n")
    expected = {"a;b": 1, "a": 2}
    for variant in (text.encode(), b"\xef\xbb\xbf" + data, data.decode().encode("utf-16"), b"\n " + data):
        assert speedscope.detect(Head(variant, True)) is Match.YES
        assert folded(read(variant)) == expected


def test_a_name_that_is_no_utf8_stays_apart() -> None:
    data = document(sampled([[0], [1]], [1, 2])).replace(b'"a"', b'"caf\xe9"').replace(b'"b"', b'"caf\xe8"')
    assert folded(read(data)) == {r"caf\xe9": 1, r"caf\xe8": 2}


# -- evented --------------------------------------------------------------------------------------------------


def test_events_become_self_times() -> None:
    text = "O0@0 O1@0 O2@0 C2@2 O3@2 C3@6 O2@6 C2@9 C1@14 C0@14"
    assert format_tree(read(document(evented(text)))) == tree_text("""
        a 14,0
          b 14,5
            c 5,5
            d 4,4
    """)


def test_recursion_and_calls_that_take_no_time() -> None:
    profile = read(document(evented("O0@0 O0@1 O0@2 C0@4 C0@4 O1@5 C1@5 C0@10")))
    assert format_tree(profile) == tree_text("""
        a 10,7
          a 3,1
            a 2,2
          b 0,0
    """)


def test_intervals_have_times() -> None:
    profile = read(document(evented("O0@100.5 O1@101 C1@103.25 C0@104", "milliseconds", startValue=100)))
    assert profile.value_types == (ValueType("time", "milliseconds", 100),)
    assert profile.samples.time is not None
    order = np.argsort(profile.samples.time)
    assert profile.samples.time[order].tolist() == [100_500_000, 101_000_000, 103_250_000]
    assert profile.weights[order].tolist() == [50, 225, 75]
    assert read(document(evented("O0@0 C0@1"))).samples.time is None  # `none` is no time
    assert read(document(evented("O0@0 C0@9000000000000000000", "nanoseconds"))).samples.time is not None
    assert read(document(evented("O0@9000000000 C0@9000000001.5", "seconds"))).samples.time.tolist() == [
        9 * 10**18
    ]
    assert (
        read(document(evented("O0@9300000000 C0@9300000001.5", "seconds"))).samples.time is None
    )  # past int64


def test_idle_time_is_not_counted_and_stated() -> None:
    profile = read(document(evented("O0@0 C0@2 O1@7 C1@8 O0@8 C0@9", "seconds")))
    assert folded(profile) == {"a": 3, "b": 1}
    (loss,) = profile.provenance.losses
    assert (loss.kind, loss.amount, loss.text) == (
        LossKind.DROPPED,
        1,
        "5.00 s in which no frame was open are not counted",
    )


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ("O0@0", "frame 'a' is never closed - at `$.profiles[0].events[0]`"),
        ("O0@0 O1@1 C1@2", "frame 'a' is never closed - at `$.profiles[0].events[0]`"),
        ("C0@1", "frame 'a' closes while none is open, value 1 - at `$.profiles[0].events[0]`"),
        ("O0@0 C0@1 C0@2", "frame 'a' closes while none is open, value 2 - at `$.profiles[0].events[2]`"),
        (
            "O0@0 O1@1 C0@2 C1@3",
            "frame 'a' closes while 'b' is running, value 2 - at `$.profiles[0].events[2]`",
        ),
        (
            "O0@5 C0@2.5",
            "the event lies before the one ahead of it, value 2.5 - at `$.profiles[0].events[1]`",
        ),
        ("O0@0 C0@1 O9@2 C9@3", "frame 9 does not exist (the file has 4) - at `$.profiles[0].events[2]`"),
        ("O-1@0 C-1@1", "frame -1 does not exist (the file has 4) - at `$.profiles[0].events[0]`"),
        ("X0@0", "Invalid enum value 'X' - at `$.profiles[0].events[0].type`"),
        ("O0@null", "Expected `float`, got `null` - at `$.profiles[0].events[0].at`"),
        (
            "O0@-9000000000000000000 C0@9000000000000000000",
            "a number is too large - at `$.profiles[0].events`",
        ),
        ("O0@0 C0@1e300", "a number is too large - at `$.profiles[0].events`"),
    ],
)
def test_events_that_do_not_fit(events: str, reason: str) -> None:
    with pytest.raises(MalformedProfile) as error:
        read(document(evented(events)))
    assert error.value.reason == reason


# -- what is refused ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "reason"),
    [
        (sampled([[0]], [1, 2]), "1 samples but 2 weights - at `$.profiles[0]`"),
        (sampled([[0, 4]], [1]), "frame 4 does not exist (the file has 4) - at `$.profiles[0].samples[0]`"),
        (
            sampled([[0], [0], [9**40]], [1] * 3),
            "a frame number is too large - at `$.profiles[0].samples[2]`",
        ),
        (
            sampled([[0], [-1]], [1, 1]),
            "a stack must be a list of frame numbers - at `$.profiles[0].samples[1]`",
        ),
        (
            sampled([[0], ["a"]], [1, 1]),
            "a stack must be a list of frame numbers - at `$.profiles[0].samples[1]`",
        ),
        (
            sampled([[0], [[1]]], [1, 1]),
            "a stack must be a list of frame numbers - at `$.profiles[0].samples[1]`",
        ),
        (sampled([0, 1], [1, 1]), "expected a list of stacks - at `$.profiles[0].samples`"),
        (sampled({}, [1, 1]), "expected a list of stacks - at `$.profiles[0].samples`"),
        (sampled([[0], [0]], [1, -2]), "a weight is negative - at `$.profiles[0].weights[1]`"),
        (sampled([[0]], ["1"]), "Expected `float`, got `str` - at `$.profiles[0].weights[0]`"),
        (sampled([[0]], [1e30]), "a number is too large - at `$.profiles[0].weights`"),
        ({"type": "traced", "name": "p"}, "unknown type 'traced' of profile - at `$.profiles[0].type`"),
    ],
)
def test_profiles_that_break_the_rules(profile: dict[str, Any], reason: str) -> None:
    with pytest.raises(MalformedProfile) as error:
        read(document(profile))
    assert error.value.reason == reason


def test_broken_json_is_named_with_its_place() -> None:
    data = document(sampled([[0]], [1]))
    with pytest.raises(MalformedProfile) as error:
        read(data.replace(b"[[0]]", b"[[0}]"))
    assert error.value.offset == data.index(b"[[0]]") + 3
    with pytest.raises(MalformedProfile, match="input data was truncated"):
        read(data[:-5])
    with pytest.raises(MalformedProfile, match="nested too deeply"):
        read(data.replace(b"[[0]]", b"[" * 100_000))


def test_json_of_another_shape_is_left_to_other_importers() -> None:
    data = json.dumps({"profiles": [{"type": "sampled"}], "traceEvents": []}).encode()
    assert speedscope.detect(Head(data, True)) is Match.MAYBE
    with pytest.raises(NotThisFormat):
        read(data)
    with pytest.raises(MalformedProfile, match=r"missing required field `shared`") as error:
        read(json.dumps({"$schema": SCHEMA, "profiles": []}).encode())
    assert not isinstance(error.value, NotThisFormat)
    for other in (b"", b"[]", b'{"traceEvents":[]}', b"a;b 1\n", b"<svg/>"):
        assert speedscope.detect(Head(other, True)) is Match.NO


# -- numbers --------------------------------------------------------------------------------------------------


def numbers(text: str) -> tuple[list[int], int, bool]:
    def decode(number: Callable[[str], Any]) -> list[Any]:
        import msgspec

        return msgspec.json.decode(text.encode(), type=list[number])  # type: ignore[valid-type]

    scaled = read_numbers(text.encode(), decode)
    return scaled.values.tolist(), scaled.scale, scaled.rounded


@pytest.mark.parametrize(
    ("text", "values", "scale"),
    [
        ("[]", [], 1),
        ("[1, 2]", [1, 2], 1),
        ("[0.10, 0.25]", [10, 25], 100),
        ("[0.1, 0.2, 0.30000000000000004]", [10**16, 2 * 10**16, 30000000000000004], 10**17),
        ("[1e3, 2]", [1000, 2], 1),
        ("[1.5e-7, 2]", [15, 200000000], 10**8),
        ("[0.5, 1e-3]", [500, 1], 1000),
        ("[123456789012345678]", [123456789012345678], 1),
        ("[123456789012.123456, 0.5]", [123456789012123456, 500000], 10**6),
        ("[9007199254740993, 0.5]", [90071992547409930, 5], 10),  # 2^53 + 1, which is no double
        ("[-0.5]", [-5], 10),
    ],
)
def test_numbers_are_exact(text: str, values: list[int], scale: int) -> None:
    assert numbers(text) == (values, scale, False)


def test_numbers_that_do_not_fit_are_rounded_to_what_does() -> None:
    assert numbers("[0.3333333333333333333333, 100]") == ([3333333333333333, 10**18], 10**16, True)
    data = document(sampled([[0], [1]], [0, 1])).replace(b"[0, 1]}", b"[0.3333333333333333333333, 100]}")
    (loss,) = read(data).provenance.losses
    assert (loss.kind, loss.text) == (
        LossKind.ROUNDED,
        "weights have more digits than fit, rounded to 1/10000000000000000",
    )


@pytest.mark.parametrize("text", ["[1e30]", "[99999999999999999999]", "[4e18, 4e18]"])
def test_numbers_that_do_not_fit_at_all(text: str) -> None:
    with pytest.raises(OverflowError):
        numbers(text)


# -- writing --------------------------------------------------------------------------------------------------


def written(profile: Profile) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(b"".join(exporter.write(profile)))
    return result


def two_types() -> Profile:
    builder = ProfileBuilder((COUNT, ValueType("cpu", "seconds", 100)))
    main = builder.frames.intern("main", "m.c", 3, "app")
    lex = builder.frames.intern("lex", "", 0, "libl.so", Kind.JIT)
    leaf = builder.add_stacks([main, lex, main], [0, 2, 3])
    builder.add_samples(leaf, [[3, 30], [1, 5]])
    return builder.build(Provenance(), selected=1, label="before")


def test_one_profile_a_value_type_the_selected_one_first() -> None:
    assert written(two_types()) == {
        "$schema": SCHEMA,
        "exporter": "hotspot@0.1.0",
        "name": "before",
        "activeProfileIndex": 0,
        "profiles": [
            {
                "type": "sampled", "name": "before: cpu/seconds", "unit": "seconds", "startValue": 0,
                "endValue": 0.35, "samples": [[0], [0, 1]], "weights": [0.05, 0.3],
                "hotspot": {"label": "before", "type": "cpu", "unit": "seconds"},
            },
            {
                "type": "sampled", "name": "before: samples/count", "unit": "none", "startValue": 0,
                "endValue": 4, "samples": [[0], [0, 1]], "weights": [1, 3],
                "hotspot": {"label": "before", "type": "samples", "unit": "count"},
            },
        ],
        "shared": {"frames": [{"name": "main", "file": "m.c", "line": 3}, {"name": "lex"}]},
    }  # fmt: skip


def test_hotspot_reads_its_value_types_back() -> None:
    profile = read(b"".join(exporter.write(two_types())))
    assert profile.value_types == (ValueType("cpu", "seconds", 100), COUNT)
    assert (profile.label, profile.total, profile.sample_count) == ("before", 35, 4)
    foreign = b"".join(exporter.write(two_types())).replace(b'"hotspot":', b'"other":')
    assert [(p.label, str(p.value_type)) for p in read_all(foreign)] == [
        ("before: cpu/seconds", "time/seconds"),
        ("before: samples/count", "samples/count"),
    ]


def test_profiles_of_hotspot_with_other_stacks_stay_apart() -> None:
    first, second = (
        sampled([[0]], [1], name="x", hotspot={"label": "x", "type": kind, "unit": "count"}) for kind in "ab"
    )
    assert [str(v) for v in read(document(first, second)).value_types] == ["a/count", "b/count"]
    other = {**second, "samples": [[1]]}
    assert [str(p.value_type) for p in read_all(document(first, other))] == ["a/count", "b/count"]
    assert [str(p.value_type) for p in read_all(document(first, first))] == ["a/count", "a/count"]


def test_samples_come_in_order_of_time() -> None:
    builder = ProfileBuilder((COUNT,))
    leaf = builder.add_stacks([builder.frames.intern(name) for name in "ab"], [0, 1, 2])
    builder.add_samples(leaf[[0, 1, 0]], [1, 2, 4], time=[30, 10, 20])
    (profile,) = written(builder.build(Provenance()))["profiles"]
    names = {0: "a", 1: "b"}
    assert [names[stack[0]] for stack in profile["samples"]] == ["b", "a", "a"]
    assert profile["weights"] == [2, 4, 1]


@pytest.mark.parametrize(
    ("value_type", "unit", "name", "weight"),
    [
        (ValueType("heap", "kilobytes", 10), "bytes", "heap/bytes", 512),
        (ValueType("heap", "gigabytes"), "bytes", "heap/bytes", 5 << 30),
        (ValueType("cycles", "count"), "none", "cycles/count", 5),
        (ValueType("calls", "widgets", 100), "none", "calls/widgets", 0.05),
    ],
)
def test_units_that_the_format_does_not_have(
    value_type: ValueType, unit: str, name: str, weight: float
) -> None:
    (profile,) = written(profile_from_text("main 5", value_type))["profiles"]
    assert (profile["unit"], profile["name"], profile["weights"]) == (unit, name, [weight])


def test_weights_are_written_exactly() -> None:
    profile = profile_from_text(f"main {2**62 + 1}", ValueType("time", "seconds", 10**18))
    assert b'"weights":[4.611686018427387905]' in b"".join(exporter.write(profile))


def test_a_name_that_is_no_text_is_written_all_the_same() -> None:
    profile = profile_from_text("main;x 1")
    strings = tuple("\ud800" if text == "x" else text for text in profile.frames.strings)
    lone = replace(profile, frames=replace(profile.frames, strings=strings), label="\udfff")
    assert folded(read(b"".join(exporter.write(lone)))) == {r"main;\ud800": 1}


def test_negative_weights_are_refused() -> None:
    with pytest.raises(UsageError, match="no negative weights"):
        b"".join(exporter.write(profile_from_text("main;a 3\nmain;b -1")))


def test_weights_past_int64_are_refused() -> None:
    with pytest.raises(
        UsageError, match="the weights of heap/megabytes are too large for speedscope in bytes"
    ):
        b"".join(exporter.write(profile_from_text(f"main {2**43}", ValueType("heap", "megabytes"))))


def test_what_is_written_fits_the_published_schema() -> None:
    jsonschema = pytest.importorskip(
        "jsonschema", reason="jsonschema is not installed: the schema cannot be asked"
    )
    schema = json.loads((speedscope_site() / "file-format-schema.json").read_text())
    validator = jsonschema.Draft7Validator(schema)
    for profile in (
        two_types(),
        profile_from_text("main;a 1\n 3"),
        profile_from_text("x 1", ValueType("m", "megabytes")),
    ):
        validator.validate(written(profile))
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({**written(two_types()), "shared": {}})
