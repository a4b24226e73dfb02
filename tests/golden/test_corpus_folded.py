"""Folded files other projects publish, against their known totals and the plainest reader there is."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hotspot.exporters.folded import write
from hotspot.importers import folded as importer
from hotspot.importers.base import ImportOptions, Match, bytes_source, decode_text, file_source
from hotspot.profile import LossKind, Profile

from tests.vocabulary import format_tree, tree_text

AUSTIN = "collapsed/P403n1x87_austin-python__test__data__austin.out"
SPEEDSCOPE = "collapsed/jlfwong_speedscope__sample__profiles__stackcollapse__"


@cache
def index(corpus: Path) -> list[dict[str, str]]:
    with (corpus / "index.tsv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def folded_files(corpus: Path) -> Iterator[dict[str, str]]:
    yield from (row for row in index(corpus) if row["format"] == "collapsed")


def load(path: Path) -> Profile:
    (profile,) = importer.load(file_source(str(path)), ImportOptions())
    return profile.check()


def plainly(path: Path) -> Counter[str]:
    """Read a folded file line by line, without hotspot."""
    stacks: Counter[str] = Counter()
    for line in decode_text(path.read_bytes()).splitlines():
        stack, _, count = line.rstrip().rpartition(" ")
        if count.isdigit() and not line.startswith(("#", "//")):
            stacks[re.sub("; $", ";[unknown]", stack)] += int(count)  # perf: a frame without a symbol
    return stacks


def test_every_folded_file_has_its_known_total(corpus: Path) -> None:
    seen = 0
    for row in folded_files(corpus):
        profile = load(corpus / row["path"])
        assert str(profile.total) == row["total"], row["path"]
        seen += 1
    assert seen >= 100


def test_every_folded_file_is_written_as_the_plainest_reader_reads_it(corpus: Path) -> None:
    for row in folded_files(corpus):
        written = b"".join(write(load(corpus / row["path"]))).decode()
        expected = sorted(
            f"{stack} {count}" for stack, count in plainly(corpus / row["path"]).items() if count
        )
        assert sorted(written.splitlines()) == expected, row["path"]
        assert written.encode().splitlines() == sorted(written.encode().splitlines()), row["path"]


def test_what_was_written_is_read_and_written_the_same_again(corpus: Path) -> None:
    for row in folded_files(corpus):
        written = b"".join(write(load(corpus / row["path"])))
        (again,) = importer.load(bytes_source("again", written), ImportOptions())
        assert b"".join(write(again)) == written, row["path"]


def test_folded_files_are_recognised_and_others_are_not(corpus: Path) -> None:
    for row in index(corpus):
        match = importer.detect(file_source(str(corpus / row["path"])).head)
        if row["path"] == AUSTIN:
            assert match is Match.MAYBE  # its frames are file:function:line
        else:
            assert match is (Match.YES if row["format"] == "collapsed" else Match.NO), row["path"]


@pytest.mark.parametrize(
    "name", ["simple", "simple-crlf", "simple-utf16-be", "simple-utf16-le", "simple-with-invalids"]
)
def test_one_profile_in_five_spellings(corpus: Path, name: str) -> None:
    profile = load(corpus / f"{SPEEDSCOPE}{name}.txt")
    assert format_tree(profile) == tree_text("""
        a 14,0
          b 14,5
            c 5,5
            d 4,4
    """)
    losses = [(loss.kind, loss.amount) for loss in profile.provenance.losses]
    assert losses == ([(LossKind.SKIPPED, 1)] if name == "simple-with-invalids" else [])


def test_recursion(corpus: Path) -> None:
    assert format_tree(load(corpus / f"{SPEEDSCOPE}recursion.txt")) == tree_text("""
        a 9,0
          a 1,1
          b 8,1
            a 7,0
              b 5,2
                a 1,0
                  b 1,1
                c 2,2
              c 2,2
        b 1,0
          b 1,1
    """)
