"""The project root, and what its configuration says."""

from __future__ import annotations

from pathlib import Path

import pytest
from hotspot.config import Config, ConfigError, load_config
from hotspot.errors import UsageError


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "repo" / "src" / "deep").mkdir(parents=True)
    (tmp_path / "repo" / ".git").mkdir()
    return tmp_path / "repo"


def test_the_root_is_the_nearest_parent_with_a_sign(project: Path) -> None:
    deep = project / "src" / "deep"
    assert load_config(deep).root == project
    (project / "src" / "pyproject.toml").write_text("[tool.other]\nx = 1\n")
    assert load_config(deep).root == project
    (project / "src" / "pyproject.toml").write_text("[tool.hotspot]\n")
    assert load_config(deep).root == project / "src"
    (deep / "hotspot.toml").write_text("")
    assert load_config(deep).root == deep


def test_a_worktree_has_a_git_file(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: elsewhere\n")
    (tmp_path / "sub").mkdir()
    assert load_config(tmp_path / "sub").root == tmp_path


def test_project_overrides(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_config(project, project=project / "src").root == project / "src"
    monkeypatch.chdir(project)
    assert load_config(project=Path("src")).root == project / "src"
    with pytest.raises(UsageError, match="no such folder"):
        load_config(project=project / "nowhere")


def test_hotspot_toml_wins_key_by_key(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.hotspot]\nprofile = "a.svg"\nin_app = ["one"]\n')
    (project / "hotspot.toml").write_text('profile = "b.svg"\n')
    config = load_config(project)
    assert (config.profile, config.in_app) == ("b.svg", ("one",))


def test_every_key(project: Path) -> None:
    (project / "hotspot.toml").write_text(
        """
        profile = "profiles/latest.svg"
        in_app = ["mine::", "/^app_/"]
        not_in_app = ["generated"]
        path_map = { "/build" = ".", "/gen" = "out/gen" }
        test_command = "pytest -q 'tests/a b'"
        lint_command = ["ruff", "check"]
        build_command = "make"
        benchmark_command = ["cargo", "bench"]
        worktree_setup = "npm ci"
        [budgets]
        lex = "10%"
        [criteria]
        min_share = 0.05
        [critical]
        paths = ["src/lexer.rs"]
        [architecture]
        forbidden = ["compiler -> vm"]
        [review]
        strict = true
        """
    )
    assert load_config(project) == Config(
        root=project,
        profile="profiles/latest.svg",
        in_app=("mine::", "/^app_/"),
        not_in_app=("generated",),
        path_map=(("/build", "."), ("/gen", "out/gen")),
        test_command=("pytest", "-q", "tests/a b"),
        lint_command=("ruff", "check"),
        build_command=("make",),
        benchmark_command=("cargo", "bench"),
        worktree_setup=("npm", "ci"),
        budgets={"lex": "10%"},
        criteria={"min_share": 0.05},
        critical={"paths": ["src/lexer.rs"]},
        architecture={"forbidden": ["compiler -> vm"]},
        review={"strict": True},
    )


def test_where_things_live(project: Path) -> None:
    config = load_config(project / "src")
    assert config.issues_directory == project / "perf-issues"
    assert config.state_directory == project / ".hotspot"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("profil = 'x'", "unknown key 'profil' in the hotspot configuration"),
        ("profile = 3", "profile must be a text"),
        ("in_app = 'mine'", "in_app must be a list of texts"),
        ("not_in_app = [1]", "not_in_app must be a list of texts"),
        ("path_map = ['a']", "path_map must be a table"),
        ("path_map = { a = 1 }", "path_map must be a table"),
        ("test_command = 1", "test_command must be a list of texts"),
        ('test_command = "a \'b"', "test_command: no closing quotation"),
        ("budgets = 1", "budgets must be a table"),
        ("profile = ", "hotspot.toml: Invalid value"),
    ],
)
def test_bad_values_name_file_and_key(project: Path, text: str, says: str) -> None:
    (project / "hotspot.toml").write_text(text)
    with pytest.raises(ConfigError, match=says) as caught:
        load_config(project)
    assert str(caught.value).startswith(str(project / "hotspot.toml"))
    assert caught.value.exit_code == 2


def test_an_unknown_key_lists_the_known_ones(project: Path) -> None:
    (project / "hotspot.toml").write_text("profil = 'x'")
    with pytest.raises(ConfigError) as caught:
        load_config(project)
    assert caught.value.hint is not None
    assert "profile" in caught.value.hint
    assert "root" not in caught.value.hint


@pytest.mark.parametrize("text", ["tool = 1", "[tool]\nhotspot = 'x'", "[[tool]]\nx = 1"])
def test_a_pyproject_of_another_shape(project: Path, text: str) -> None:
    (project / "pyproject.toml").write_text(text)
    if "hotspot" in text:
        with pytest.raises(ConfigError, match=r"tool\.hotspot must be a table"):
            load_config(project)
    else:
        assert load_config(project) == Config(root=project)


def test_a_file_that_is_no_text(project: Path) -> None:
    (project / "hotspot.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"hotspot\.toml"):
        load_config(project)
