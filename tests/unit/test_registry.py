from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hotspot.errors import HotspotError, MalformedProfile, UnknownFormat, UnreadableInput, UsageError
from hotspot.exporters.registry import EXPORTERS, exporter_for
from hotspot.files import write_atomically
from hotspot.importers import registry
from hotspot.importers.base import (
    Head,
    ImporterInfo,
    ImportOptions,
    Match,
    NotThisFormat,
    Source,
    bytes_source,
)
from hotspot.profile import Profile

from tests.vocabulary import folded, profile_from_text

# -- importers -------------------------------------------------------------------------------------------------


def importer(name: str, answer: Match, result: list[Profile] | Source | Exception) -> ModuleType:
    """Make an importer module, as a third party would."""

    def load(source: Source, options: ImportOptions) -> list[Profile] | Source:
        if isinstance(result, Exception):
            raise result
        return result

    def detect(head: Head) -> Match:
        return answer

    module = ModuleType(name)
    module.__dict__.update(INFO=ImporterInfo(name, name), detect=detect, load=load)
    return module


def profiles(name: str) -> list[Profile]:
    return [profile_from_text(f"{name} 1")]


def read(monkeypatch: pytest.MonkeyPatch, *importers: ModuleType, input_format: str | None = None) -> str:
    """Read some bytes with these importers and return the only stack of the first profile."""
    monkeypatch.setattr(registry, "_each", lambda: iter(importers))
    found = registry.read_source(bytes_source("x", b"data"), input_format, ImportOptions())
    (stack,) = folded(found[0])
    return stack


def test_a_certain_importer_comes_before_a_possible_one(monkeypatch: pytest.MonkeyPatch) -> None:
    no = importer("no", Match.NO, profiles("no"))
    maybe = importer("maybe", Match.MAYBE, profiles("maybe"))
    yes = importer("yes", Match.YES, profiles("yes"))
    assert read(monkeypatch, no, maybe, yes) == "yes"
    assert read(monkeypatch, no, maybe) == "maybe"


def test_an_importer_that_was_mistaken_lets_the_next_try(monkeypatch: pytest.MonkeyPatch) -> None:
    mistaken = importer("mistaken", Match.YES, NotThisFormat("x", "no magic"))
    maybe = importer("maybe", Match.MAYBE, profiles("maybe"))
    assert read(monkeypatch, mistaken, maybe) == "maybe"
    with pytest.raises(UnknownFormat, match=r"^x: no importer recognises it \(tried: mistaken: no magic\)$"):
        read(monkeypatch, mistaken)


def test_any_other_error_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = importer("broken", Match.YES, MalformedProfile("x", "bad", line=3))
    with pytest.raises(MalformedProfile, match=r"^x:3: bad$"):
        read(monkeypatch, broken, importer("maybe", Match.MAYBE, profiles("maybe")))


def test_a_named_importer_is_used_whatever_it_thinks(monkeypatch: pytest.MonkeyPatch) -> None:
    no, yes = importer("no", Match.NO, profiles("no")), importer("yes", Match.YES, profiles("yes"))
    assert read(monkeypatch, no, yes, input_format="no") == "no"
    with pytest.raises(UsageError, match=r"unknown input format 'nope' \(known: no, yes\)"):
        read(monkeypatch, no, yes, input_format="nope")


def test_an_importer_may_name_another_source(monkeypatch: pytest.MonkeyPatch) -> None:
    def detect_text(head: Head) -> Match:
        return Match.YES if head.data == b"text" else Match.NO

    binary = importer("binary", Match.MAYBE, bytes_source("x", b"text"))
    text = importer("text", Match.NO, profiles("text"))
    text.__dict__["detect"] = detect_text
    assert read(monkeypatch, binary, text) == "text"
    with pytest.raises(UnknownFormat, match="keep handing it to each other"):
        read(monkeypatch, binary)


def test_an_empty_file_is_no_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "importers", lambda: (importer("yes", Match.YES, profiles("yes")),))
    with pytest.raises(UnknownFormat, match="the file is empty"):
        registry.read_source(bytes_source("x", b" \n"), None, ImportOptions())


def test_an_importer_without_a_profile_is_malformed(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MalformedProfile, match="no profile in this none file"):
        read(monkeypatch, importer("none", Match.YES, []))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match=r"gone\.folded: no such file or directory"):
        registry.load(str(tmp_path / "gone.folded"))


# -- exporters -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["x.folded", "a/b/X.Folded", "x.collapsed"])
def test_an_exporter_is_found_by_file_name(path: str) -> None:
    assert exporter_for(path).name == "folded"


def test_an_exporter_is_found_by_name() -> None:
    assert exporter_for("-", "folded") is exporter_for("x.folded")
    assert exporter_for("x.svg", "folded").name == "folded"


def test_an_unknown_exporter_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"unknown output format 'flamingo' \(known: .*folded.*\)"):
        exporter_for("x", "flamingo")


@pytest.mark.parametrize("path", ["x.txt", "-", "folded", "x.folded/y"])
def test_a_file_name_may_not_tell(path: str) -> None:
    with pytest.raises(UsageError, match="does not tell the format") as error:
        exporter_for(path)
    assert "--to" in str(error.value.hint)


def test_every_exporter_writes() -> None:
    assert len({exporter.name for exporter in EXPORTERS}) == len(EXPORTERS)
    for exporter in EXPORTERS:
        assert b"".join(exporter.write(profile_from_text("a;b 1\na;c 2")))


# -- files -----------------------------------------------------------------------------------------------------


def test_a_file_is_written(tmp_path: Path) -> None:
    path = tmp_path / "out.bin"
    write_atomically(str(path), b"\x00abc")
    assert path.read_bytes() == b"\x00abc"
    write_atomically(str(path), iter([b"d", b"ef"]))
    assert path.read_bytes() == b"def"
    assert os.listdir(tmp_path) == ["out.bin"]


def failing() -> Iterator[bytes]:
    yield b"half"
    raise KeyboardInterrupt


def test_a_partial_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        write_atomically(str(path), failing())
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["out"]


def test_the_mode_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"old")
    path.chmod(0o640)
    write_atomically(str(path), b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_new_file_gets_the_usual_mode(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write_atomically(str(tmp_path / "out"), b"new")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o640


def test_a_link_is_written_through(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write_atomically(str(link), b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_device_is_not_replaced() -> None:
    write_atomically("/dev/null", b"new")
    assert not os.path.isfile("/dev/null")


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    path = str(tmp_path / "gone" / "out")
    with pytest.raises(HotspotError, match=r"out: cannot be written: no such file or directory"):
        write_atomically(path, b"new")
    with pytest.raises(HotspotError, match="cannot be written: is a directory"):
        write_atomically(str(tmp_path), b"new")
