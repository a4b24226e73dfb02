"""What is published: a wheel and an sdist that hold what they must, and a command that runs where only they are."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "sample-profiles"
COMPILED = "hotspot/native/_native.so"


def run(*command: str | Path, cwd: Path, environment: dict[str, str] | None = None) -> str:
    """Run a command that must succeed and return what it prints."""
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what git has or would add: no caches, no environments, nothing that only this machine has."""
    listing = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    copy = tmp_path_factory.mktemp("checkout")
    for file in filter(None, listing.split("\0")):
        if (ROOT / file).is_file():
            (copy / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, copy / file)
    return copy


@pytest.fixture(scope="module")
def built(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the sdist, and the wheel built from it."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ".", cwd=checkout)
    return out


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def compiler() -> str:
    """The C compiler that builds use."""
    found = os.environ.get("CC", "cc")
    if shutil.which(found) is None:
        pytest.skip(f"no C compiler {found}: the wheel has no compiled part")
    return found


@pytest.fixture(scope="module")
def hotspot(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``hotspot`` command of an environment that holds the wheel and what it depends on, nothing else."""
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment)
    pip(environment / "bin" / "python", "install", "--no-compile", wheel)
    return environment / "bin" / "hotspot"


def pip(python: Path, *arguments: str | Path) -> None:
    """Run this environment's pip on another one, which then needs none of its own."""
    run(
        sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--python", python, *arguments,
        cwd=python.parent,
    )  # fmt: skip


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def dependencies(wheel: Path) -> set[str]:
    """Names of what the wheel needs, without extras."""
    lines = [line for line in metadata(wheel).get_all("Requires-Dist", []) if "extra ==" not in line]
    return {re.split(r"[ <>=;]", line)[0] for line in lines}


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path, checkout: Path) -> None:
    names = names_in(wheel)
    of_package = {
        path.relative_to(checkout).as_posix()
        for path in (checkout / "hotspot").rglob("*")
        if path.is_file() and path.suffix not in (".c", ".h")
    }
    assert {name for name in names if name.startswith("hotspot/")} - {COMPILED} == of_package
    assert "hotspot/py.typed" in names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    others = {name.split("/")[0] for name in names} - {"hotspot"}
    assert [other for other in others if not other.endswith(".dist-info")] == []


@pytest.mark.usefixtures("compiler")
def test_the_wheel_has_the_compiled_part_and_is_of_this_platform_for_any_python(wheel: Path) -> None:
    assert COMPILED in names_in(wheel)
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    assert wheel.name.endswith(f"-py3-none-{platform}.whl")


def test_without_a_compiler_there_is_a_wheel_that_reads_the_same(
    built: Path, wheel: Path, tmp_path: Path
) -> None:
    (sdist,) = built.glob("*.tar.gz")
    run(
        sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "wheel", "--no-deps", "--no-build-isolation",
        "--wheel-dir", tmp_path, sdist,
        cwd=tmp_path, environment={**os.environ, "CC": "false"},
    )  # fmt: skip
    (plain,) = tmp_path.glob("*.whl")
    assert plain.name.endswith("-py3-none-any.whl")
    assert names_in(plain) == names_in(wheel) - {COMPILED}
    (tmp_path / "x.perf.txt").write_text("prog 7 1.000001: 5 cycles:\n\t    55 main+0x1 (/bin/prog)\n\n")
    for built_wheel in (plain, wheel):
        folder = tmp_path / built_wheel.stem
        with zipfile.ZipFile(built_wheel) as archive:
            archive.extractall(folder)
        environment = {**os.environ, "PYTHONPATH": str(folder)}
        told = run(
            sys.executable, "-c",
            "import hotspot, hotspot.native; print(hotspot.native.library() is not None, hotspot.__file__);"
            "print(hotspot.load('x.perf.txt').samples.weight.tolist())",
            cwd=tmp_path, environment=environment,
        )  # fmt: skip
        first, rows = told.splitlines()
        assert first == f"{COMPILED in names_in(built_wheel)} {folder}/hotspot/__init__.py"
        assert rows == "[[1, 5]]"


def test_the_sdist_holds_what_a_build_needs_and_no_tests(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    assert {"LICENSE", "README.md", "pyproject.toml", "hotspot/py.typed", "hotspot/cli/main.py"} <= names
    assert {"hatch_build.py", "hotspot/native/stack_tree.c", "hotspot/native/stack_tree.h"} <= names
    assert COMPILED not in names
    tops = {name.split("/")[0] for name in names}
    assert tops & {"tests", "benchmarks", "sample-profiles", ".ci", ".venv", "demo-output"} == set()


def test_the_metadata(wheel: Path) -> None:
    told = metadata(wheel)
    assert told["Name"] == "hotspot-profiling"
    assert told["License-Expression"] == "MIT"
    assert told["Requires-Python"] == ">=3.11"
    assert "# hotspot" in str(told.get_payload())
    assert dependencies(wheel) == {
        "click",
        "jinja2",
        "msgspec",
        "numpy",
        "plotly",
        "py-spy",
        "rich",
        "scipy",
        "tree-sitter",
        "tree-sitter-c",
        "tree-sitter-cpp",
        "tree-sitter-go",
        "tree-sitter-java",
        "tree-sitter-javascript",
        "tree-sitter-python",
        "tree-sitter-rust",
        "tree-sitter-typescript",
        "zstandard",
    }


def test_every_module_that_is_imported_is_a_dependency(wheel: Path) -> None:
    """Also those imported inside a function, which nothing misses until somebody calls it."""
    imported = set()
    for path in (ROOT / "hotspot").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {name.name.split(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                imported.add(str(node.module).split(".")[0])
    modules = {name.replace("-", "_") for name in dependencies(wheel)}
    modules.add("IPython")  # which calls us where it is imported, never the other way round
    assert imported - sys.stdlib_module_names - modules - {"hotspot"} == set()


def test_the_installed_command_runs_outside_the_checkout(hotspot: Path, tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    for side in ("before", "after"):
        shutil.copy(SAMPLES / "py-spy" / f"{side}.svg", tmp_path)
    assert run(hotspot, "--version", cwd=tmp_path, environment=environment).startswith("hotspot, version ")
    top = run(hotspot, "top", "before.svg", "-f", "csv", cwd=tmp_path, environment=environment)
    assert top.splitlines()[1].startswith("1,tokenise,loglens.py,76,")
    diff = run(hotspot, "diff", "before.svg", "after.svg", cwd=tmp_path, environment=environment)
    assert "tokenise" in diff
    report = hotspot.parent / "python"
    where = run(
        report, "-c", "import hotspot; print(hotspot.__file__)", cwd=tmp_path, environment=environment
    )
    assert str(ROOT) not in where


def test_installed_dependencies_fit_together(hotspot: Path) -> None:
    pip(hotspot.parent / "python", "check")
