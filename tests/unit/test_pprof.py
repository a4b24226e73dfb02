"""pprof: what is read from files that the protobuf library wrote, and what it reads from files that hotspot wrote."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile, UsageError
from hotspot.exporters import pprof as exporter
from hotspot.importers import pprof
from hotspot.importers.base import Head, ImportOptions, Match, bytes_source, file_source
from hotspot.profile import Kind, LossKind, Profile, Provenance, Thread
from hotspot.units import ValueType

from tests.pprof_messages import DROPPING, Drawn, dropping, parse
from tests.vocabulary import folded, format_tree, profile_from_text, tree_text


def read(data: bytes | Drawn) -> Profile:
    content = data.data if isinstance(data, Drawn) else data
    (profile,) = pprof.load(bytes_source("x.pb", content), ImportOptions())
    return profile.check()


def written(profile: Profile) -> Drawn:
    """What the protobuf library reads in a file that hotspot writes."""
    return parse(gzip.decompress(b"".join(exporter.write(profile))))


def kinds(profile: Profile) -> dict[str, Kind]:
    return {profile.frame_name(i): Kind(int(kind)) for i, kind in enumerate(profile.frames.kind)}


# -- reading ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [True, False])
def test_stacks_are_stored_leaf_first(packed: bool) -> None:
    drawn = Drawn("samples/count", "cpu/nanoseconds", packed=packed)
    drawn.sample("main;parse;lex", 3, 30).sample("main;emit", 1, 10).sample("main", 2, 20)
    profile = read(drawn)
    assert format_tree(profile.select("samples")) == tree_text("""
        main 6,2
          emit 1,1
          parse 3,0
            lex 3,3
    """)
    assert profile.value_types == (ValueType("samples", "count"), ValueType("cpu", "nanoseconds"))
    assert profile.total == 60


def test_plain_and_packed_lists_of_one_stack_are_one_stack() -> None:
    packed, plain = (Drawn("samples/count", packed=p).sample("main;lex", 3) for p in (True, False))
    sample = plain.data[plain.data.index(b"\x12") : plain.data.index(b"\x22")]
    assert sample == b"\x12\x06\x08\x07\x08\x0a\x10\x03"
    assert folded(read(packed.data + sample)) == {"main;lex": 6}


def test_inlined_functions_are_frames_of_their_caller_s_location() -> None:
    profile = read(Drawn().sample("app!main@m.c:3;app!printf@p.c:9+memcpy@s.c:4+copy@s.c:8", 5))
    assert format_tree(profile) == tree_text("""
        main (m.c:3) 5,0
          printf (p.c:9) 5,0
            memcpy (s.c:4)_[i] 5,0
              copy (s.c:8)_[i] 5,5
    """)
    frames = profile.frames
    assert {frames.strings[i] for i in frames.module} == {"app"}


def test_an_address_without_function_is_unknown_in_its_module() -> None:
    profile = read(
        Drawn().sample("app!main;/lib/libc.so.6!", 2).sample("app!main;[kernel.kallsyms]!clear_page", 1)
    )
    assert format_tree(profile) == tree_text("""
        main 3,0
          [libc.so.6] 2,2
          clear_page_[k] 1,1
    """)
    assert kinds(profile) == {"main": Kind.USER, "[unknown]": Kind.USER, "clear_page": Kind.KERNEL}


def test_a_line_without_function_is_unknown() -> None:
    drawn = Drawn().sample("main;x", 1)
    drawn.message.location[0].line[0].function_id = 0
    assert folded(read(drawn)) == {"main;[unknown]": 1}


def test_a_function_with_a_mangled_name_only_has_that() -> None:
    drawn = Drawn().sample("main", 1)
    drawn.message.function[0].name = 0
    drawn.message.function[0].system_name = drawn.text("_ZN3foo3barEv")
    assert folded(read(drawn)) == {"_ZN3foo3barEv": 1}


@pytest.mark.parametrize(("default", "selected"), [("", "b/bytes"), ("a", "a/count"), ("gone", "b/bytes")])
def test_the_value_type_is_the_default_one_else_the_last(default: str, selected: str) -> None:
    drawn = Drawn("a/count", "b/bytes").sample("main", 1, 2)
    drawn.message.default_sample_type = drawn.text(default)
    assert str(read(drawn).value_type) == selected


def test_equal_value_types_are_told_apart() -> None:
    profile = read(Drawn("a/count", "a/count", "a/count").sample("main", 1, 2, 3))
    assert [str(v) for v in profile.value_types] == ["a/count", "a-2/count", "a-3/count"]


@pytest.mark.parametrize(
    ("labels", "thread"),
    [
        ([("thread", "worker-3")], Thread(None, None, "worker-3")),
        ([("pid", 12), ("tid", 13), ("comm", "java")], Thread(12, 13, "java")),
        (
            [("thread id", 5), ("thread native id", 13), ("thread name", "MainThread")],
            Thread(None, 13, "MainThread"),
        ),
        ([("thread_id", "77")], Thread(None, 77, "")),
        ([("thread", 9)], Thread(None, 9, "")),
        ([("process_id", 1), ("Thread-Name", "12")], Thread(1, 12, "")),
        ([("tid", "9" * 5000), ("thread", "w")], Thread(None, None, "w")),
        ([("tid", 0)], Thread(None, 0, "")),
    ],
)
def test_labels_name_threads(labels: list[tuple[str, str | int]], thread: Thread) -> None:
    profile = read(Drawn().sample("main", 1, labels=labels).sample("main", 4))
    assert profile.threads == (thread,)
    assert profile.samples.thread is not None
    assert sorted(zip(profile.samples.thread.tolist(), profile.weights.tolist(), strict=True)) == [
        (-1, 4),
        (0, 1),
    ]
    assert profile.provenance.losses == ()


def test_other_labels_are_lost_and_counted() -> None:
    drawn = Drawn().sample("main", 1, labels=[("bytes", 64), ("request", "/a")]).sample("main", 2)
    profile = read(drawn.sample("main", 3, labels=[("bytes", 32), ("tid", 1)]))
    (loss,) = profile.provenance.losses
    assert (loss.kind, loss.amount) == (LossKind.DROPPED, 2)
    assert loss.text == "labels of 2 out of 3 sample records are not kept: bytes, request"
    assert profile.total == 6


def test_negative_values_are_kept() -> None:
    profile = read(Drawn().sample("main;old", -7).sample("main;new", 2))
    assert folded(profile) == {"main;old": -7, "main;new": 2}


def test_texts_that_are_no_utf8_stay_apart() -> None:
    drawn = Drawn().sample("main;x", 1).sample("main;y", 2)
    table = drawn.message.string_table
    table[list(table).index(b"x")] = b"caf\xe9"
    table[list(table).index(b"y")] = b"caf\xe8"
    assert folded(read(drawn)) == {r"main;caf\xe9": 1, r"main;caf\xe8": 2}


def test_comments_and_duration_are_provenance() -> None:
    drawn = Drawn().sample("main", 1)
    drawn.message.comment.extend([drawn.text("tcmalloc"), drawn.text("v2")])
    drawn.message.duration_nanos = 1_500_000_000
    provenance = read(drawn).provenance
    assert (provenance.producer, provenance.duration_ns) == ("tcmalloc; v2", 1_500_000_000)
    assert read(Drawn().sample("main", 1)).provenance.duration_ns is None


def test_a_sample_without_locations_has_no_stack() -> None:
    assert folded(read(Drawn().sample("", 4).sample("main", 1))) == {"[no stack]": 4, "main": 1}


# -- drop_frames; test_corpus_pprof.py asks the real tool about the same stacks -----------------------------


@pytest.mark.parametrize(("drop", "keep", "expected"), DROPPING)
def test_drop_frames_cuts_stacks(drop: str, keep: str, expected: dict[str, int]) -> None:
    assert folded(read(dropping(drop, keep))) == expected


def test_drop_frames_cuts_within_a_location() -> None:
    drawn = Drawn().sample("main;f+drop+g;h", 1)
    drawn.message.drop_frames = drawn.text("drop")
    assert folded(read(drawn)) == {"main;f": 1}


def test_an_expression_that_python_cannot_read_is_stated() -> None:
    drawn = Drawn().sample("main;malloc", 1)
    drawn.message.drop_frames = drawn.text(r"\Qmalloc\E")
    profile = read(drawn)
    assert folded(profile) == {"main;malloc": 1}
    assert [loss.kind for loss in profile.provenance.losses] == [LossKind.INCONSISTENT]


# -- files that are damaged ---------------------------------------------------------------------------------


def damaged(change: str) -> bytes:
    """A small file in which one thing is wrong."""
    drawn = Drawn("samples/count", "cpu/nanoseconds").sample("app!main;app!lex", 3, 30)
    message, sample, location = drawn.message, drawn.message.sample[0], drawn.message.location[0]
    match change:
        case "string":
            message.function[0].name = 99
        case "negative string":
            message.sample_type[1].unit = -1
        case "function":
            location.line[0].function_id = 99
        case "mapping":
            location.mapping_id = 99
        case "location":
            sample.location_id[1] = 99
        case "location 0":
            sample.location_id[1] = 0
        case "ids":
            message.location[1].id = location.id
        case "id 0":
            message.function[0].id = 0
        case "values":
            del sample.value[1]
        case "no types":
            del message.sample_type[:]
            del sample.value[:]
        case "no samples":
            del message.sample[:]
        case "cut":
            return drawn.data[:-3]
        case "cut in a sample":
            return drawn.data[: drawn.data.index(b"\x12\x08") + 5]
        case "wire type":
            return drawn.data + b"\x10\x05"  # a sample that is a number
        case "group":
            return drawn.data + b"\x2b"
        case "varint":
            return drawn.data + b"\x48" + b"\xff" * 10 + b"\x01"
        case "varint in a list":
            return drawn.data + b"\x12\x08\x0a\x02\x01\x80\x12\x02\x01\x01"
        case "length in a sample":
            return drawn.data + b"\x12\x02\x0a\x7f"
        case "field 0":
            return drawn.data + b"\x00\x01"
    return drawn.data


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("string", "string 99 does not exist (the file has 8)"),
        ("negative string", "string -1 does not exist (the file has 8)"),
        ("function", "function 99 does not exist"),
        ("mapping", "mapping 99 does not exist"),
        ("location", "location 99 does not exist"),
        ("location 0", "location 0 does not exist"),
        ("ids", "location id 7 is not unique"),
        ("id 0", "function id 0 is not allowed"),
        ("values", "a sample has 1 values, the file 2 value types"),
        ("no types", "no sample_type: the file does not say what its values are"),
        ("no samples", "no samples: the profile is empty"),
        ("cut", "the message ends in the middle of a field"),
        ("cut in a sample", "the message ends in the middle of a field"),
        ("wire type", "field 2 has wire type 0"),
        ("group", "wire type 3 does not exist here"),
        ("varint", "a varint is longer than 64 bits"),
        ("varint in a list", "a varint goes on past its field"),
        ("length in a sample", "the message ends in the middle of a field"),
        ("field 0", "field number 0 does not exist"),
    ],
)
def test_damage_is_named_with_its_place(change: str, reason: str) -> None:
    data = damaged(change)
    with pytest.raises(MalformedProfile) as error:
        read(data)
    assert error.value.reason == reason
    assert isinstance(error.value, EmptyProfile) == (change == "no samples")
    if not change.startswith("no "):
        assert error.value.offset is not None
        assert 0 < error.value.offset < len(data)
        assert str(error.value) == f"x.pb at byte {error.value.offset}: {reason}"


def test_the_place_of_damage_is_exact() -> None:
    whole = damaged("nothing")
    for change, place in (("wire type", 0), ("group", 0), ("varint in a list", 5), ("length in a sample", 2)):
        with pytest.raises(MalformedProfile) as error:
            read(damaged(change))
        assert error.value.offset == len(whole) + place, change


# -- detection ----------------------------------------------------------------------------------------------


def detected(data: bytes, *, complete: bool = True) -> Match:
    return pprof.detect(Head(data, complete))


def test_a_file_is_known_by_its_fields_even_cut_or_damaged() -> None:
    drawn = Drawn("samples/count", "cpu/nanoseconds")
    for number in range(40):
        drawn.sample(f"main;f{number}", number, 10 * number)
    data = drawn.data
    assert detected(data) is Match.YES
    assert all(detected(data[:end], complete=False) is Match.YES for end in range(20, len(data)))
    assert detected(data + b"\x2b\x2b") is Match.MAYBE  # damaged behind: `load` says where
    assert detected(b"\x2b" + data) is Match.NO


def test_no_other_file_is_taken_for_pprof(corpus: Path, samples: Path) -> None:
    files = [path for folder in (corpus, samples) for path in sorted(folder.rglob("*")) if path.is_file()]
    assert len(files) > 150
    taken = {path for path in files if pprof.detect(file_source(str(path)).head) is not Match.NO}
    assert {path.parent.name for path in taken} == {"go"}


# -- writing ------------------------------------------------------------------------------------------------


def test_the_library_reads_what_hotspot_writes() -> None:
    profile = profile_from_text("""
        main (m.c:3);parse (p.c:10);lex (l.c:7) 3
        main (m.c:3);emit (m.c:9) 1
    """)
    message = written(profile)
    texts = [text.decode() for text in message.string_table]
    assert texts[0] == ""
    assert [(texts[t.type], texts[t.unit]) for t in message.sample_type] == [("samples", "count")]
    assert texts[message.default_sample_type] == "samples"
    functions = {f.id: (texts[f.name], texts[f.filename]) for f in message.function}
    lines = {x.id: [(*functions[line.function_id], line.line) for line in x.line] for x in message.location}
    stacks = {
        tuple(lines[number][0] for number in sample.location_id): list(sample.value)
        for sample in message.sample
    }
    assert stacks == {
        (("lex", "l.c", 7), ("parse", "p.c", 10), ("main", "m.c", 3)): [3],
        (("emit", "m.c", 9), ("main", "m.c", 3)): [1],
    }
    assert [texts[number] for number in message.comment] == ["hotspot 0.1.0"]
    assert message.ByteSize() == len(
        gzip.decompress(b"".join(exporter.write(profile)))
    )  # nothing the library does not know


def test_inlined_frames_share_a_location_and_modules_become_mappings() -> None:
    builder = ProfileBuilder((ValueType("samples", "count"),))
    intern = builder.frames.intern
    main, outer = intern("main", "m.c", 1, "app"), intern("outer", "o.c", 2, "app")
    inner = intern("inner", "i.c", 3, "", Kind.INLINED)
    innermost = intern("innermost", "j.c", 4, "app", Kind.INLINED)
    foreign = intern("foreign", "", 0, "libx.so", Kind.INLINED)
    unknown = intern("[unknown]", "", 0, "libc.so.6")
    stacks = [
        [main, outer, inner, innermost],
        [main, outer, inner],
        [main, outer],
        [main, foreign],
        [unknown],
    ]
    offsets = np.cumsum([0, *map(len, stacks)])
    builder.add_samples(builder.add_stacks([f for s in stacks for f in s], offsets), [1, 2, 3, 4, 5])
    message = written(builder.build(Provenance()))
    texts = [text.decode() for text in message.string_table]
    functions = {f.id: texts[f.name] for f in message.function}
    modules = {m.id: texts[m.filename] for m in message.mapping}
    assert sorted(modules.values()) == ["app", "libc.so.6", "libx.so"]
    assert all(m.has_functions and m.has_filenames and m.has_line_numbers for m in message.mapping)
    drawn = {
        x.id: f"{modules[x.mapping_id]}!" + "+".join(functions[line.function_id] for line in reversed(x.line))
        for x in message.location
    }
    assert {tuple(drawn[n] for n in reversed(s.location_id)): s.value[0] for s in message.sample} == {
        ("app!main", "app!outer+inner+innermost"): 1,
        ("app!main", "app!outer+inner"): 2,
        ("app!main", "app!outer"): 3,
        ("app!main", "libx.so!foreign"): 4,  # code of another binary cannot be inlined here
        ("libc.so.6!",): 5,
    }


def test_threads_are_labels_and_times_are_added_up() -> None:
    builder = ProfileBuilder((ValueType("samples", "count"),))
    leaf = builder.add_stacks([builder.frames.intern("main")], [0, 1])
    builder.add_samples(leaf[[0, 0, 0, 0]], [1, 2, 4, 8], time=[5, 6, 7, 8], thread=[0, 1, 0, -1])
    profile = builder.build(Provenance(), threads=(Thread(1, 2, "ui"), Thread(None, 0, "")))
    message = written(profile)
    texts = [text.decode() for text in message.string_table]
    labels = [
        (s.value[0], {texts[x.key]: texts[x.str] if x.str else x.num for x in s.label})
        for s in message.sample
    ]
    assert labels == [(8, {}), (5, {"pid": 1, "tid": 2, "thread": "ui"}), (2, {"tid": 0})]


def test_the_bytes_depend_on_the_profile_alone() -> None:
    profile = profile_from_text("main;a 1\nmain;b 2")
    data = b"".join(exporter.write(profile))
    assert data == b"".join(exporter.write(profile))
    assert data[4:8] == bytes(4)  # gzip's time stamp
    assert b"".join(exporter.write(read(gzip.decompress(data)))) == data


def weighted(value_type: ValueType, *weights: int) -> Profile:
    lines = [f"main;f{number} {weight}" for number, weight in enumerate(weights)]
    return profile_from_text("\n".join(lines), value_type)


@pytest.mark.parametrize(
    ("value_type", "weights", "unit", "expected"),
    [
        (ValueType("time", "seconds"), (1, 2), "seconds", [1, 2]),
        (ValueType("time", "seconds", 100), (100, 300), "seconds", [1, 3]),
        (ValueType("time", "seconds", 100), (1, 300), "milliseconds", [10, 3000]),
        (ValueType("time", "milliseconds", 10**6), (1, 1_500_000), "nanoseconds", [1, 1_500_000]),
        (ValueType("heap", "kilobytes", 10), (5, 10), "bytes", [512, 1024]),
        (ValueType("samples", "count", 10), (20, 30), "count", [2, 3]),
    ],
)
def test_fractions_are_written_in_a_finer_unit(
    value_type: ValueType, weights: tuple[int, ...], unit: str, expected: list[int]
) -> None:
    message = written(weighted(value_type, *weights))
    assert message.string_table[message.sample_type[0].unit].decode() == unit
    assert [sample.value[0] for sample in message.sample] == expected
    assert len(message.comment) == 1


def test_fractions_of_a_nanosecond_are_rounded_without_drift() -> None:
    message = written(weighted(ValueType("time", "nanoseconds", 10), *[4] * 10))
    assert sum(sample.value[0] for sample in message.sample) == 4
    assert message.string_table[message.comment[1]] == b"time: rounded to whole nanoseconds"


@pytest.mark.parametrize(
    ("value_type", "weight", "reason"),
    [
        (ValueType("samples", "count", 10), 5, "has fractions"),
        (ValueType("heap", "bytes", 10), 5, "has fractions"),
        (ValueType("time", "seconds", 10**9), 2**62 + 1, None),
        (ValueType("time", "seconds", 10), 2**62 + 1, "too large for pprof in milliseconds"),
    ],
)
def test_what_whole_numbers_cannot_hold_is_refused(
    value_type: ValueType, weight: int, reason: str | None
) -> None:
    profile = weighted(value_type, weight)
    if reason is None:
        assert written(profile).sample[0].value[0] == weight
        return
    with pytest.raises(UsageError, match=reason):
        b"".join(exporter.write(profile))


def test_a_name_that_is_no_text_is_written_all_the_same() -> None:
    profile = profile_from_text("main;x 1")
    strings = tuple("\ud800" if text == "x" else text for text in profile.frames.strings)
    lone = replace(profile, frames=replace(profile.frames, strings=strings))
    assert rb"\ud800" in written(lone).string_table
