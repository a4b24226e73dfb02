"""A profile with nothing but names, and a checkout: whose they are, where they are, and what is not decided."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hotspot.config import Config
from hotspot.source import index
from hotspot.source.ownership import Ownership
from hotspot.workflow.issues.places import Basis, Charges, charge

from tests.unit.test_locate import make
from tests.vocabulary import profile_from_text

FILES = {
    "hotspot.toml": "",
    "src/rows.c": "int parse_row(char *s) { return 1; }\nint main(void) { return 0; }\n",
    "src/alloc.c": "void *malloc(unsigned long n) { return 0; }\nint twice(void) { return 1; }\n",
    "src/other.c": "int twice(void) { return 2; }\n",
    "tools/gen.py": "def get():\n    return 1\n",
    "app/lexer.cc": "namespace app { void Lexer::next() {} void Lexer::next(int x) {} }\n",
}


def charged(root: Path, stacks: str, **config: Any) -> Charges:
    return charge(profile_from_text(stacks), Ownership(Config(make(root, FILES), **config)))


def shown(charges: Charges) -> list[tuple[str, str, bool | None]]:
    return [(place.function, place.where, place.in_app) for place in charges.places()]


def test_a_name_defined_once_is_owned_and_has_a_place(tmp_path: Path) -> None:
    charges = charged(tmp_path, "main;parse_row;malloc 3\nmain;parse_row 1\nmain;qsort 2")
    assert charges.basis is Basis.IN_APP
    assert shown(charges) == [("parse_row", "src/rows.c:1", True), ("main", "src/rows.c:2", True)]
    (place, _) = charges.places()
    assert place.weight == 4
    assert place.definition is not None
    assert (place.definition.start_line, place.candidates) == (1, ())


def test_an_everyday_name_needs_company_in_its_folder(tmp_path: Path) -> None:
    charges = charged(tmp_path, "main;parse_row;get 3\nmain 1")
    assert [place.function for place in charges.places()] == ["parse_row", "main"]
    alone = charged(tmp_path, "other;get 3")
    assert alone.basis is Basis.UNDETERMINED
    (place,) = alone.places()
    assert (place.function, place.definition, place.in_app) == ("get", None, None)
    assert [d.file for d in place.candidates] == ["tools/gen.py"]


def test_a_name_defined_twice_is_listed_and_not_guessed(tmp_path: Path) -> None:
    (place,) = charged(tmp_path, "twice 3").places()
    assert (place.file, place.line, place.definition, place.in_app) == (None, None, None, None)
    assert [f"{d.file}:{d.line}" for d in place.candidates] == ["src/alloc.c:2", "src/other.c:1"]


def test_a_qualified_name_is_owned_though_it_has_overloads(tmp_path: Path) -> None:
    (place,) = charged(tmp_path, "app::Lexer::next(int) 3").places()
    assert place.in_app is True
    assert len(place.candidates) == 2


@pytest.mark.parametrize("frame", ["libc.so.6`parse_row", "parse_row (/usr/lib/x.c:3)", "malloc"])
def test_a_foreign_module_or_file_outranks_a_name(tmp_path: Path, frame: str) -> None:
    profile = profile_from_text(f"{frame} 3")
    verdict = Ownership(Config(make(tmp_path, FILES))).classify(profile)
    assert not verdict.owned.any()


def test_the_profiles_own_line_wins(tmp_path: Path) -> None:
    (place,) = charged(tmp_path, "get (tools/gen.py:2) 3").places()
    assert place.where == "tools/gen.py:2"
    assert place.definition is not None
    assert place.definition.line == 1


def test_sources_that_take_long_are_not_read_for_a_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "_AT_HAND", 10)
    ownership = Ownership(Config(make(tmp_path, FILES)), wait=False)
    verdict = ownership.classify(profile_from_text("main;parse_row 3"))
    assert not verdict.known.any()
    assert "index" not in vars(ownership.locator)


def test_a_look_has_the_same_answer_where_the_sources_are_few_or_their_index_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Config(make(tmp_path, FILES))
    profile = profile_from_text("main;parse_row 3")
    assert Ownership(config, wait=False).classify(profile).owned.all()
    monkeypatch.setattr(index, "_AT_HAND", 10)
    monkeypatch.setattr(index, "_WORTH_CACHING", 0)
    assert Ownership(config).classify(profile).owned.all()
    assert (tmp_path / ".hotspot/cache/definitions.msgpack").exists()
    assert Ownership(config, wait=False).classify(profile).owned.all()
    monkeypatch.setattr(index, "_AT_HAND_CACHED", 10)
    assert not Ownership(config, wait=False).classify(profile).known.any()


def test_outside_a_project_a_look_reads_no_sources(tmp_path: Path) -> None:
    files = {file: text for file, text in FILES.items() if file != "hotspot.toml"}
    ownership = Ownership(Config(make(tmp_path, files)), wait=False)
    assert not ownership.classify(profile_from_text("main;parse_row 3")).known.any()


@pytest.mark.parametrize("stub", ["strchr@plt", "parse_row@plt", "rand@plt.sec"])
def test_the_linkers_stubs_are_nobodys(tmp_path: Path, stub: str) -> None:
    charges = charged(tmp_path, f"main;parse_row;{stub} (/src/app) 3", in_app=())
    assert [(place.function, place.weight) for place in charges.places()] == [("parse_row", 3)]
    assert Ownership(Config(tmp_path)).in_app(stub, module=f"{tmp_path}/app") is False
