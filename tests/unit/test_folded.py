from __future__ import annotations

import codecs
import gzip
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hotspot.builder import ProfileBuilder
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.exporters.folded import write
from hotspot.importers import folded as importer
from hotspot.importers import folded_lines, folded_sorted
from hotspot.importers.base import ImportOptions, Match, NotThisFormat, bytes_source, file_source
from hotspot.profile import Kind, LossKind, ModuleStyle, Profile, Provenance
from hotspot.units import ValueType

from tests import folded_ways
from tests.vocabulary import folded, format_tree, profile_from_text, tree_text


@pytest.fixture(autouse=True, scope="module", params=folded_ways.WAYS)
def way(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test is run with stacks kept in C and in numpy."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        folded_ways.use(request.param, monkeypatch)
        yield


def load(text: str | bytes, path: str = "run.folded") -> Profile:
    data = text.encode() if isinstance(text, str) else text
    (profile,) = importer.load(bytes_source(path, data), ImportOptions())
    return profile.check()


def detect(text: str | bytes) -> Match:
    data = text.encode() if isinstance(text, str) else text
    return importer.detect(bytes_source("run.txt", data).head)


def exported(profile: Profile) -> str:
    return b"".join(write(profile)).decode()


# -- reading: stacks -------------------------------------------------------------------------------------------


def test_a_folded_file_becomes_a_tree() -> None:
    profile = load("main;parse;lex 3\nmain;emit 1\nmain;parse 2\n")
    assert format_tree(profile) == tree_text("""
        main 6,0
          emit 1,1
          parse 5,2
            lex 3,3
    """)
    assert profile.value_type == ValueType("samples", "count")
    assert profile.provenance == Provenance(
        path="run.folded",
        checksum=profile.provenance.checksum,
        format="folded",
        module_style=ModuleStyle.NONE,
    )


@pytest.mark.parametrize(
    ("text", "stacks"),
    [
        ("a;b 1", {"a;b": 1}),  # no final newline
        ("a;b 1\r\nc 2\r\n", {"a;b": 1, "c": 2}),
        ("a;b 1\n\n  \n\t\nc 2\n", {"a;b": 1, "c": 2}),
        ("a;b 1\na;b 2\na 4\na;b 8\n", {"a;b": 11, "a": 4}),
        ("a 1\na b 2\na;c 4\na b;c 8\n", {"a": 1, "a b": 2, "a;c": 4, "a b;c": 8}),
        ("a;a;a 1\na;a 2\n", {"a;a;a": 1, "a;a": 2}),
        ("a;b; 1\na;b 2\na;b;;; 4\n", {"a;b": 7}),
        (";a;b 1\n;;a;b 2\na;b 4\n", {"a;b": 7}),
        ("a;;b 1\na;[unknown];b 2\na; ;b 4\n", {"a;[unknown];b": 7}),
        ("a;b;  1\na;b;[unknown] 2\na;b; 4\n", {"a;b;[unknown]": 3, "a;b": 4}),
        (";  1\n", {"[unknown]": 1}),
        ("; 1\n 2\n;; 4\n\t8\n", {"[no stack]": 15}),
        ("a;b  1\na;b \t 2\na;b\t4\na;b 8 \n  a;b 16\t\n", {"a;b": 31}),
        ("a b;c d e 3\n", {"a b;c d e": 3}),
        ("a;frame 12 34\nb 1\n", {"a;frame 12": 34, "b": 1}),
        ("a;start_thread 2 5\na;b 1\n", {"a;start_thread 2": 5, "a;b": 1}),
        ("a;x=1 2\na;-1 2\na;1e3 4\n", {"a;x=1": 2, "a;-1": 2, "a;1e3": 4}),
        ("a;b 1;c 2\n", {"a;b 1;c": 2}),
        ("#<Class:Foo>#run;b 3\n/usr/bin/x;y 4\n", {"#<Class:Foo>#run;b": 3, "/usr/bin/x;y": 4}),
        ("über;日本 3\n", {"über;日本": 3}),
        ("a;b 0\nc 1\n", {"c": 1}),
    ],
)
def test_stacks(text: str, stacks: dict[str, int]) -> None:
    profile = load(text)
    assert folded(profile) == stacks
    assert profile.provenance.losses == ()


@pytest.mark.parametrize("byte_order_mark", [True, False])
def test_utf_8_with_and_without_byte_order_mark(byte_order_mark: bool) -> None:
    data = "é;b 1\n".encode()
    assert folded(load(codecs.BOM_UTF8 + data if byte_order_mark else data)) == {"é;b": 1}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_utf_16(encoding: str, newline: str) -> None:
    text = newline.join(["\ufeffé;\U0001f525 1", "é;c 2"])
    assert folded(load(text.encode(encoding))) == {"é;\U0001f525": 1, "é;c": 2}


def test_bytes_that_are_no_utf_8_keep_two_names_apart() -> None:
    assert folded(load(b"a;\xe9 1\na;\xe8 2\n")) == {"a;\\xe9": 1, "a;\\xe8": 2}


def test_two_texts_of_one_frame_are_one_node() -> None:
    profile = load(b"a;\xe9;c 1\na;\\xe9;b 2\na;\\xe9;c 4\n")
    assert folded(profile) == {"a;\\xe9;c": 5, "a;\\xe9;b": 2}
    assert len(profile.call_tree) == 4


def test_gzip(tmp_path: Path) -> None:
    path = tmp_path / "x.folded.gz"
    path.write_bytes(gzip.compress(b"a;b 1\n"))
    (profile,) = importer.load(file_source(str(path)), ImportOptions())
    assert folded(profile) == {"a;b": 1}


def test_labels_are_taken_apart() -> None:
    profile = load("python;run (a.py:3);vfs_read_[k] 1\n")
    frames = profile.frames
    assert [frames.strings[i] for i in frames.name] == ["python", "run", "vfs_read"]
    assert [frames.strings[i] for i in frames.file] == ["", "a.py", ""]
    assert frames.line.tolist() == [0, 3, 0]
    assert frames.kind.tolist() == [Kind.USER, Kind.USER, Kind.KERNEL]


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("a;b 1\n", ModuleStyle.NONE),
        ("unix`a;unix`b;c (libc.so.6) 1\n", ModuleStyle.BACKTICK),
        ("a (libc.so.6);[libm.so];[libz.so] 1\n", ModuleStyle.PARENTHESES),
    ],
)
def test_the_most_frequent_module_style_is_kept(text: str, style: ModuleStyle) -> None:
    assert load(text).provenance.module_style is style


def test_a_stack_may_be_very_deep() -> None:
    profile = load(";".join(f"f{i % 7}" for i in range(50_000)) + " 3\nf0;f1 2\n")
    assert int(profile.call_tree.depth.max()) == 49_999
    assert profile.node_total[0] == 5


def test_prefixes_longer_than_any_piece_of_the_comparison() -> None:
    stem = ";".join("n" * 300 for _ in range(20))
    lines = [f"{stem};{end} {i + 1}" for i, end in enumerate(["a", "ab", "a;b", "b", "ä"])]
    profile = load("\n".join(reversed(lines)))
    assert folded(profile) == {line.rpartition(" ")[0]: i + 1 for i, line in enumerate(lines)}
    assert len(profile.call_tree) == 25


def test_files_larger_than_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folded_lines, "_CHUNK", 64)
    monkeypatch.setattr(folded_sorted, "_JOIN_BYTES", 512)
    lines = [f"root;{'x' * (i % 100)};leaf{i % 10} {i}" for i in range(1000)]
    expected: dict[str, int] = {}
    for line in lines:
        stack, _, count = line.rpartition(" ")
        stack = stack.replace(";;", ";[unknown];")
        expected[stack] = expected.get(stack, 0) + int(count)
    text = "\n".join([*lines[:500], "# comment", "invalid", *lines[500:]])
    profile = load(text)
    assert folded(profile) == {stack: count for stack, count in expected.items() if count}
    assert [loss.text for loss in profile.provenance.losses] == [
        "1 line could not be read, the first is line 502"
    ]


# -- reading: lines that are no stacks ---------------------------------------------------------------------------


def test_comments_and_blank_lines_are_no_loss() -> None:
    profile = load("# comment 3\n// other; comment 4\n\n  # indented 5\n#\na;b 1\n# duration: 38\n")
    assert folded(profile) == {"a;b": 1}
    assert profile.provenance.losses == ()


def test_invalid_lines_are_counted_and_the_first_is_named() -> None:
    profile = load(
        "# c\na;b 1\ninvalid line\na;c 2\n\na;d\n5\na;b;7\nb 1,000\nc 0x10\nd nan\ne 1_0\n" + "x 1\n" * 9
    )
    (loss,) = profile.provenance.losses
    assert loss.kind is LossKind.SKIPPED
    assert loss.amount == 8
    assert loss.text == "8 lines could not be read, the first is line 3"
    assert folded(profile) == {"a;b": 1, "a;c": 2, "x": 9}


def test_a_file_with_more_invalid_than_valid_lines_is_something_else() -> None:
    with pytest.raises(NotThisFormat, match="2 of 3 lines are not stacks"):
        load("a;b 1\nfoo\nbar\n")
    assert load("a;b 1\nfoo\n").total == 1


def test_only_comments() -> None:
    with pytest.raises(EmptyProfile, match=r"run\.folded: holds no stack"):
        load("# nothing\n\n")


# -- reading: counts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "scale", "stacks"),
    [
        ("a 1.5\nb 2\n", 10, {"a": 15, "b": 20}),
        ("a 0.001\nb 2.5\nb .25\n", 1000, {"a": 1, "b": 2750}),
        ("a 3.0\nb 2.\n", 1, {"a": 3, "b": 2}),
        ("a 1e3\nb 1.5E-2\nc 2e+0\n", 1000, {"a": 1_000_000, "b": 15, "c": 2000}),
        ("a -5\nb +3\na;c -0.5\n", 10, {"a": -50, "b": 30, "a;c": -5}),
        ("a 007\n", 1, {"a": 7}),
        ("a 9007199254740993\nb 1\n", 1, {"a": 2**53 + 1, "b": 1}),
        ("a 9223372036854775806\nb 1\n", 1, {"a": 2**63 - 2, "b": 1}),
        ("a -9223372036854775807\n", 1, {"a": -(2**63) + 1}),
        ("a 00000000000000000000000012\n", 1, {"a": 12}),
        ("a 999999999999999999\n", 1, {"a": 10**18 - 1}),
        ("a 1000000000000000000\n", 1, {"a": 10**18}),
        ("a 0.1\na 0.2\na 0.3\n", 10, {"a": 6}),
        ("a 0.000000000000000001\n", 10**18, {"a": 1}),
    ],
)
def test_counts_are_exact(text: str, scale: int, stacks: dict[str, int]) -> None:
    profile = load(text)
    assert profile.value_type == ValueType("samples", "count", scale)
    assert folded(profile) == stacks
    assert profile.provenance.losses == ()


@pytest.mark.parametrize(
    "count", ["9223372036854775808", "-9223372036854775808", "1e30", "99999999999999999999.5", "1e999999999"]
)
def test_a_count_past_2_63_is_refused_with_its_line(count: str) -> None:
    with pytest.raises(MalformedProfile, match=r"run\.folded:3: count .* is past 2\^63") as error:
        load(f"a 1\n\nb {count}\n")
    assert error.value.line == 3


@pytest.mark.parametrize(
    "text",
    ["a 9223372036854775807\nb 1\n", "a 5e18\na 5e18\n", "a 5e18\nb -5e18\n", "a 5e18\nb 5e18\nc 0.5\n"],
)
def test_a_sum_past_2_63_is_refused(text: str) -> None:
    with pytest.raises(MalformedProfile, match=r"run\.folded: the counts add up to more than 2\^63"):
        load(text)


@pytest.mark.parametrize(
    ("text", "scale", "stacks"),
    [
        ("a 0.30000000000000004\nb 1\n", 10**17, {"a": 30000000000000004, "b": 10**17}),
        ("a 123456.300000000000000004\n", 10, {"a": 1234563}),  # 24 digits, 18 are kept
        ("a 5000000000000000000\nb 0.5\nc 1.5\n", 1, {"a": 5 * 10**18, "c": 2}),
        ("a 500000000000000000\nb 0.25\nc 0.35\n", 10, {"a": 5 * 10**18, "b": 2, "c": 4}),
        ("a 1e-400\nb 1\n", 1, {"b": 1}),
        ("a 1e-999999999\nb 1\n", 1, {"b": 1}),
        (f"a 0.{'3' * 5000}\nb 1\n", 10**18, {"a": int("3" * 18), "b": 10**18}),
    ],
)
def test_more_digits_than_fit_are_rounded_and_said(text: str, scale: int, stacks: dict[str, int]) -> None:
    profile = load(text)
    kinds = [loss.kind for loss in profile.provenance.losses]
    if scale == 10**17:
        assert kinds == []  # they do fit
    else:
        assert kinds == [LossKind.ROUNDED]
    assert {stack: profile.value_type.exact(weight) for stack, weight in folded(profile).items()} == {
        stack: ValueType("", "", scale).exact(weight) for stack, weight in stacks.items()
    }


# -- reading: two counts ---------------------------------------------------------------------------------------


def test_two_counts_are_before_and_after() -> None:
    profile = load("a;b 10 7\na;c 0 5\na;d 3 0\n")
    assert profile.value_types == (ValueType("samples", "count"), ValueType("delta", "count"))
    assert folded(profile) == {"a;b": 7, "a;c": 5}
    assert folded(profile.select("delta")) == {"a;b": -3, "a;c": 5, "a;d": -3}
    assert profile.total - profile.select("delta").total == 13


def test_two_counts_with_fractions_have_one_scale() -> None:
    profile = load("# difffolded\na;b 1.5 7\na;c 0 .25\n\nbroken\n")
    assert [value_type.scale for value_type in profile.value_types] == [100, 100]
    assert folded(profile) == {"a;b": 700, "a;c": 25}
    assert folded(profile.select("delta")) == {"a;b": 550, "a;c": 25}


def test_the_two_counts_may_be_of_very_different_size() -> None:
    profile = load("a;b 1000000000000000000 0.25\n")
    assert profile.value_type.scale == 1
    assert profile.select("delta").total == -(10**18)
    assert [loss.kind for loss in profile.provenance.losses] == [LossKind.ROUNDED]


@pytest.mark.parametrize("separator", [" ", "  ", "\t"])
def test_two_counts_behind_any_separator(separator: str) -> None:
    profile = load(separator.join(["a;b", "1", "2"]))
    assert (profile.total, profile.select("delta").total) == (2, 1)


def test_one_line_with_a_single_count_makes_the_numbers_names() -> None:
    assert folded(load("a;b 1 2\na;c 3 4\nd 5\n")) == {"a;b 1": 2, "a;c 3": 4, "d": 5}


def test_the_line_with_a_single_count_may_come_late() -> None:
    lines = [f"a;b{i} {i} 2" for i in range(20_000)]
    profile = load("\n".join([*lines, "late 5", "bad"]))
    assert len(profile.value_types) == 1
    assert profile.total == 40_005
    assert profile.provenance.losses[0].amount == 1


def test_a_tab_before_the_count_keeps_a_number_in_the_name() -> None:
    assert folded(load("worker 1\t2\nworker 2\t3\n")) == {"worker 1": 2, "worker 2": 3}


# -- detection -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "a;b 1\n",
        "<module> (x.py:3);f (x.py:9) 4\n",
        "[unknown];f 3\n",
        "# comment\n\na;b 1\nc 2\na;c 3\n",
        "a;b 1.5\r\na;c 2\r\n",
        "a;b 1 2\n",
        "\ufeffa;b 1\n".encode("utf-16-le"),
        b"\xef\xbb\xbfa;b 1\n",
        "a;b 1\n" * 20_000,
    ],
)
def test_folded_text_is_recognised(text: str | bytes) -> None:
    assert detect(text) is Match.YES


@pytest.mark.parametrize(
    "text",
    ["main 3\nidle 4\n", "a 1\nb 2\nc;d 3\n", "# austin: 3.0.0\nP1;T2;a.py:f:3 10\n", "P1;T2;a.py:f:3 10\n"],
)
def test_what_might_be_folded_text(text: str) -> None:
    assert detect(text) is Match.MAYBE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello world\n",
        '{"a;b": 1}\n',
        '[\n  {"a": "x;y 1"}\n]\n',
        "<?xml version='1.0'?>\n<svg>a;b 1\n",
        "<svg>\na;b 1\n",
        "events: Ir\nfn=(1) main\n16 400\n17 3\n18 9\n",
        "\x00\x01a;b 1\n",
        "java  1234 [001] 3.5: 99 cycles:\n\t7f08 Lfoo;::bar+0x12 (/tmp/perf-1.map)\n\n",
        "a;b\nc;d\n",
        "x = 5;\ny = 6;\n",
        "version: 1\npid: 14542\npart: 2\n",
    ],
)
def test_other_text_is_not(text: str) -> None:
    assert detect(text) is Match.NO


# -- writing ---------------------------------------------------------------------------------------------------


def test_lines_are_sorted_bytewise() -> None:
    text = "a (x.py:3) 1\na 5\na b 2\na;a 3\na;b;c 4\na;é 6\na;ü 7\nb 8\n"
    assert exported(load(text)) == text
    assert text.splitlines() == sorted(text.splitlines(), key=str.encode)


def test_zero_weights_are_left_out() -> None:
    assert exported(profile_from_text("a;b 0\na;c 1\nd 0\ne;f;g 0\n")) == "a;c 1\n"
    assert exported(profile_from_text("a 0")) == ""


def test_weights_are_written_exactly() -> None:
    profile = profile_from_text(f"a;b {2**63 - 7}\na;c -5\n")
    assert exported(profile) == f"a;b {2**63 - 7}\na;c -5\n"
    assert (
        exported(profile_from_text("a 1250\nb -3\n", ValueType("cpu", "seconds", 1000)))
        == "a 1.25\nb -0.003\n"
    )


def test_the_selected_value_type_is_written() -> None:
    profile = load("a;b 10 7\na;c 3 0\n")
    assert exported(profile) == "a;b 7\n"
    assert exported(profile.select("delta")) == "a;b -3\na;c -3\n"


def test_frames_with_the_same_label_are_one() -> None:
    builder = ProfileBuilder((ValueType("samples", "count"),))
    a, a_c, a_d, b, c = (
        builder.frames.intern("a"),
        builder.frames.intern("a", module="libc.so"),
        builder.frames.intern("a", module="libd.so"),
        builder.frames.intern("x;y"),
        builder.frames.intern("x:y"),
    )
    leaves = builder.add_stacks([a, b, a_c, b, a_d, c, a_c, a], [0, 2, 4, 6, 8])
    builder.add_samples(leaves, [1, 2, 4, 8])
    profile = builder.build(Provenance())
    assert exported(profile) == "a;a 8\na;x:y 7\n"
    kept = replace(profile, provenance=Provenance(module_style=ModuleStyle.BACKTICK))
    assert exported(kept) == "a;x:y 1\nlibc.so`a;a 8\nlibc.so`a;x:y 2\nlibd.so`a;x:y 4\n"


def test_labels_that_cancel_out_are_left_out() -> None:
    builder = ProfileBuilder((ValueType("samples", "count"),))
    rows = [builder.frames.intern("a", module="x"), builder.frames.intern("a", module="y")]
    builder.add_samples(builder.add_stacks(rows, [0, 1, 2]), [5, -5])
    assert exported(builder.build(Provenance())) == ""


@pytest.mark.parametrize("root", ["#comment", "# comment", "//comment", "  #x", "#<Class:A>#b", "/bin/sh"])
def test_a_root_that_looks_like_a_comment_is_read_again(root: str) -> None:
    again = load(exported(profile_from_text(f"main 1\n{root};b 3")))
    assert folded(again) == {"main": 1, f"{root.strip()};b": 3}


@pytest.mark.parametrize("text", ["worker 1 10\nworker 2 12\n", "a;f 1.5 3\n", "a;b 1 2\na;c 3 4\n"])
def test_names_that_end_in_numbers_are_read_again(text: str) -> None:
    profile = profile_from_text(text)
    again = load(exported(profile))
    assert folded(again) == folded(profile)
    assert len(again.value_types) == 1


def test_a_lone_surrogate_is_written_visibly() -> None:
    assert exported(profile_from_text("a\ud800 1")) == "a\\ud800 1\n"


def test_large_profiles_come_in_pieces() -> None:
    text = "".join(sorted(f"root;{i:05};{'x' * 100} 1\n" for i in range(10_000)))
    pieces = list(write(load(text)))
    assert len(pieces) > 3
    assert max(map(len, pieces)) < 1 << 20
    assert b"".join(pieces).decode() == text


def test_a_very_deep_stack_is_written() -> None:
    text = ";".join(f"f{i % 7}" for i in range(20_000)) + " 3\n"
    assert exported(load(text)) == text


@pytest.mark.parametrize(
    "change", [lambda text: text, lambda text: "".join(reversed(text.splitlines(keepends=True)))]
)
def test_writing_follows_the_text_not_the_order_of_nodes(change: Callable[[str], str]) -> None:
    text = "b;a 1\nb;c 2\nb;c;d 3\nc 4\n"
    assert exported(load(change(text))) == text
