"""Profile arguments: labels, paths that hold `=`, what is found where none is named."""

from __future__ import annotations

import os
from pathlib import Path

import click
import pytest
from hotspot.cli.inputs import Named, NoProfile, discover, distinguishing_labels, parse_argument
from hotspot.cli.options import ShareType
from hotspot.config import Config, load_config
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("paths", "labels"),
    [
        (["a.svg"], ["a.svg"]),
        (["deep/er/a.svg"], ["a.svg"]),
        (["a.svg", "b.svg"], ["a.svg", "b.svg"]),
        (["old/a.svg", "new/a.svg"], ["old/a.svg", "new/a.svg"]),
        (["x/old/a.svg", "x/new/a.svg", "x/new/b.svg"], ["old/a.svg", "new/a.svg", "b.svg"]),
        (["1/run/a.svg", "2/run/a.svg"], ["1/run/a.svg", "2/run/a.svg"]),
        (["a.svg", "dir/a.svg"], ["a.svg", "dir/a.svg"]),
        (["/abs/a.svg", "abs/a.svg"], ["/abs/a.svg", "abs/a.svg"]),
        (["a.svg", "a.svg"], ["a.svg", "a.svg"]),
        (["-"], ["-"]),
        ([], []),
    ],
)
def test_a_label_is_the_shortest_part_that_tells_profiles_apart(paths: list[str], labels: list[str]) -> None:
    assert distinguishing_labels(paths) == labels


paths = st.lists(
    st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=4).map("/".join), max_size=6, unique=True
)


@settings(deadline=None)
@given(paths)
def test_labels_of_different_paths_differ_and_end_them(paths: list[str]) -> None:
    labels = distinguishing_labels(paths)
    assert len(set(labels)) == len(paths)
    for path, label in zip(paths, labels, strict=True):
        assert f"/{path}".endswith(f"/{label}")


@pytest.mark.parametrize(
    ("argument", "named"),
    [
        ("a.svg", Named("a.svg", None)),
        ("-", Named("-", None)),
        ("old=a.svg", Named("a.svg", "old")),
        ("old=-", Named("-", "old")),
        ("old=x=y.svg", Named("x=y.svg", "old")),
        ("there=is.svg", Named("there=is.svg", None)),  # exists
        ("label=there=is.svg", Named("there=is.svg", "label")),
        ("=a.svg", Named("=a.svg", None)),
        ("a.svg=", Named("a.svg=", None)),
        ("two words=a.svg", Named("a.svg", "two words")),
    ],
)
def test_what_exists_is_a_path_else_the_first_equals_sign_splits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argument: str, named: Named
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there=is.svg").write_text("")
    assert parse_argument(argument) == named


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    return tmp_path


# In the contract's order, worst first: each one found after the ones below it.
KINDS = [
    "x.prof",
    "x.pb.gz",
    "x.speedscope.json",
    "x.collapsed",
    "x.folded",
    "flamegraph.svg",
    "perf.data",
    ".hotspot/latest.svg",
]


def test_kinds_are_taken_in_the_contracts_order(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NoProfile, match="no profile named and none found here") as caught:
        discover(load_config())
    assert caught.value.exit_code == 3
    (project / ".hotspot").mkdir()
    for kind in KINDS:
        (project / kind).write_text("x")
        assert discover(load_config()) == f"../{kind}"
        assert capsys.readouterr().err == f"hotspot: reading ../{kind}\n"


def test_the_current_folder_comes_before_the_root_within_a_kind(project: Path) -> None:
    (project / "a.folded").write_text("x")
    (project / "sub" / "b.folded").write_text("x")
    os.utime("b.folded", (1, 1))  # older, but nearer
    assert discover(load_config()) == "b.folded"
    (project / "flamegraph.svg").write_text("x")  # an earlier kind, though further away
    assert discover(load_config()) == "../flamegraph.svg"


def test_the_newest_of_a_kind_is_taken(project: Path) -> None:
    for age, name in enumerate(("new.folded", "old.folded", "older.folded")):
        Path(name).write_text("x")
        os.utime(name, (1_000_000 - age, 1_000_000 - age))
    assert discover(load_config()) == "new.folded"


def test_the_configured_profile_comes_first_and_is_relative_to_the_root(project: Path) -> None:
    Path("perf.data").write_text("x")
    (project / "hotspot.toml").write_text('profile = "profiles/p.svg"\n')
    assert discover(load_config()) == "../profiles/p.svg"


def test_folders_and_dangling_links_are_no_profiles(project: Path) -> None:
    Path("perf.data").mkdir()
    Path("a.folded").symlink_to("gone")
    Path("b.collapsed").write_text("x")
    assert discover(load_config()) == "b.collapsed"


def test_outside_any_project_only_the_current_folder_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "a.folded").write_text("x")
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(NoProfile):
        discover(Config(tmp_path / "here"))


def test_a_folder_named_like_a_pattern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = tmp_path / "runs[1]*"
    odd.mkdir()
    (odd / "a.folded").write_text("x")
    monkeypatch.chdir(odd)
    assert discover(Config(odd)) == "a.folded"


def test_what_was_found_is_said_on_one_safe_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("two\nlines\x1b[31m.folded").write_text("x")
    assert discover(Config(tmp_path)) == "two\nlines\x1b[31m.folded"
    assert capsys.readouterr().err == "hotspot: reading two\\nlines\\x1b[31m.folded\n"


@pytest.mark.parametrize(
    ("text", "share"),
    [("1%", 0.01), ("0.5%", 0.005), ("0.01", 0.01), ("0", 0), ("100%", 1), ("1", 1), (" 2 % ", 0.02)],
)
def test_shares(text: str, share: float) -> None:
    assert ShareType().convert(text, None, None) == pytest.approx(share, abs=1e-15)


@pytest.mark.parametrize("text", ["", "%", "a", "-1%", "101%", "1.5", "nan", "nan%", "inf"])
def test_what_is_no_share(text: str) -> None:
    with pytest.raises(click.BadParameter):
        ShareType().convert(text, None, None)
