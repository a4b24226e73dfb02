from __future__ import annotations

import pytest
from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers import rprof
from hotspot.importers.base import Head, ImportOptions, Match, bytes_source
from hotspot.profile import LossKind, Profile

from tests.vocabulary import format_tree, tree_text


def read(text: str) -> Profile:
    (profile,) = rprof.load(bytes_source("Rprof.out", text.encode()), ImportOptions())
    return profile.check()


def test_samples_are_leaf_first_and_last_an_interval() -> None:
    profile = read('sample.interval=20000\n"paste" "f" "main" \n"paste" "f" "main" \n"<GC>" "main" \n')
    assert format_tree(profile) == tree_text("""
        main 60000,0
          <GC> 20000,20000
          f 40000,0
            paste 40000,40000
    """)
    assert str(profile.value_type) == "time/microseconds"
    assert profile.select("samples/count").total == 3


def test_a_line_belongs_to_the_function_behind_it() -> None:
    profile = read(
        "memory profiling: GC profiling: line profiling: sample.interval=5000\n"
        '#File 1: fit.R\n:277903:979407:25133528:7:"strsplit" 1#2 "parse it" 1#3 "run" "source" \n'
    )
    assert format_tree(profile) == tree_text("""
        source 5000,0
          run (fit.R:3) 5000,0
            parse it (fit.R:2) 5000,0
              strsplit 5000,5000
    """)
    assert [loss.kind for loss in profile.provenance.losses] == [LossKind.DROPPED]


def test_lines_that_are_none_are_counted() -> None:
    (loss,) = read('sample.interval=10\n"f" \nwhat\n"f" what\n"g\n').provenance.losses
    assert (loss.kind, loss.amount, loss.text) == (LossKind.SKIPPED, 3, "3 lines are no sample, first line 3")


def test_what_is_refused() -> None:
    with pytest.raises(EmptyProfile, match=r"^Rprof\.out: no samples after the header$"):
        read("sample.interval=20000\n")
    with pytest.raises(MalformedProfile, match=r"^Rprof\.out:3: recordings of different intervals$"):
        read('sample.interval=10\n"f"\nsample.interval=20\n')
    with pytest.raises(MalformedProfile, match=r"^Rprof\.out:1: no line says sample\.interval$"):
        read('"f" \n')


@pytest.mark.parametrize(
    ("text", "match"),
    [("sample.interval=20000\n", Match.YES), ("line profiling: sample.interval=1\n", Match.YES), ('"f" "g"\n', Match.NO)],
)  # fmt: skip
def test_detection(text: str, match: Match) -> None:
    assert rprof.detect(Head(text.encode(), True)) is match
