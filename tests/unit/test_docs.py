"""What there is, is documented; what is documented, works."""

from __future__ import annotations

import configparser
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from hotspot.cli.main import COMMANDS, cli
from hotspot.config import load_config

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
FORMATS = ROOT / "docs" / "formats.md"


def command(name: str) -> click.Command:
    found = cli.get_command(click.Context(cli), name)
    assert found is not None
    return found


def subcommands(path: tuple[str, ...], found: click.Command) -> list[tuple[tuple[str, ...], click.Command]]:
    """A command and everything below it, with the words that call it."""
    result = [(path, found)]
    if isinstance(found, click.Group):
        context = click.Context(found)
        for name in found.list_commands(context):
            below = found.get_command(context, name)
            assert below is not None
            result += subcommands((*path, name), below)
    return result


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def documented_commands() -> list[str]:
    """Every command line of the README: in blocks (without comments and what it is piped into) and in the text."""
    lines = [line for block in blocks("") for line in block.splitlines()]
    found = [
        match[1].split(" | ")[0].strip()
        for line in lines
        if (match := re.match(r"(?:.*\| )?(hotspot [^#]+)", line))
    ]
    found += [
        text for text in re.findall(r"`(hotspot [^`]+)`", README) if not re.search(r"[A-Z\[]{2}|\[", text)
    ]
    assert len(found) > 5, "the README shows commands"
    return sorted(set(found))


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_in_the_readme(name: str) -> None:
    assert re.search(rf"`hotspot {name}\b", README)
    assert COMMANDS[name][1].endswith(".")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_and_option_has_a_help(name: str) -> None:
    for path, found in subcommands((name,), command(name)):
        assert len(found.help or "") > 10, path
        for parameter in found.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, (path, parameter.opts)


def test_every_format_is_documented() -> None:
    from hotspot.exporters.registry import EXPORTERS
    from hotspot.importers.registry import importers

    docs = README + (FORMATS.read_text() if FORMATS.exists() else "")
    names = {importer.INFO.name for importer in importers()} | {exporter.name for exporter in EXPORTERS}
    assert {name for name in names if f"`{name}`" not in docs} == set()


def test_every_importer_stands_in_the_contract_that_keeps_them_apart() -> None:
    from hotspot.importers.registry import importers

    layers = configparser.ConfigParser()
    layers.read(ROOT / ".importlinter")
    apart = layers["importlinter:contract:importers"]["modules"].split()
    built_in = [name for module in importers() if (name := vars(module)["__name__"]).startswith("hotspot.")]
    assert set(built_in) - set(apart) == set()


@pytest.mark.parametrize("line", documented_commands())
def test_the_readmes_commands_and_options_exist(line: str) -> None:
    name, *arguments = shlex.split(line)[1:]
    assert name in COMMANDS or name.startswith("-"), name
    found: click.Command = command(name) if name in COMMANDS else cli
    while (
        isinstance(found, click.Group)
        and arguments
        and arguments[0] in found.list_commands(click.Context(found))
    ):
        below = found.get_command(click.Context(found), arguments.pop(0))
        assert below is not None
        found = below
    if isinstance(found, click.Group):  # `hotspot issues --top 5`: a group whose nameless command drafts
        found = found.get_command(click.Context(found), "") or found
    known = {option for parameter in found.params for option in (*parameter.opts, *parameter.secondary_opts)}
    for argument in arguments:
        if argument.startswith("-") and argument != "-":
            assert argument.split("=")[0] in {*known, "-h", "--help", "--version"}, argument


def test_the_readmes_python_runs() -> None:
    (code,) = blocks("python")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stderr
    assert "tokenise" in done.stdout


def test_the_readmes_configuration_is_one(tmp_path: Path) -> None:
    (text,) = blocks("toml")
    (tmp_path / "hotspot.toml").write_text(text)
    config = load_config(tmp_path)
    assert config.in_app
    assert config.path_map


def test_nothing_in_the_readme_waits_to_be_filled_in() -> None:
    assert re.findall(r"@@\w*@@|TODO|FIXME|XXX", README) == []


def test_files_the_readme_names_exist() -> None:
    named = re.findall(r"`((?:sample-profiles|hotspot|docs|tests)/[\w./-]*|[A-Z]+\.md)`", README)
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []
