"""Commit messages: what counts as a claim, as figures, as a mechanism."""

from __future__ import annotations

import pytest
from hotspot.workflow.documents.claims import PROMPT, problems, read_message

NAMES = ("TOKENISE", "TOKENISE_2", "STEM")
GOOD = """\
TOKENISE: 41.6 ms -> 9.2 ms (-78%)

Stop words are looked up in a set: a hash lookup replaces a scan of the whole list for every token.

Signed-off-by: Ana <ana@example.org>
# Please enter the commit message
"""


def of(text: str) -> tuple[str, ...]:
    return problems(read_message(text), NAMES)


def test_a_good_message_lacks_nothing() -> None:
    assert of(GOOD) == ()


@pytest.mark.parametrize("text", ["docs: mend a typo", "tests: one more case\n\nOn 3 files.", ""])
def test_a_commit_that_is_no_optimisation_is_not_asked_for_figures(text: str) -> None:
    assert of(text) == ()


def test_figures_are_asked_for_where_speed_is_claimed() -> None:
    (problem,) = of("make the lexer faster\n\nThe table is built once and then shared by all of the lexers.")
    assert problem.startswith("no figures")


def test_a_mechanism_is_asked_for() -> None:
    (problem,) = of(
        "TOKENISE: 41.6 ms -> 9.2 ms (-78%)\n\nAdded a cache.\n\nReviewed-by: Bo Li and many others of us"
    )
    assert problem.startswith("no mechanism")


def test_a_prompt_left_as_it_was_is_no_mechanism() -> None:
    (problem,) = of(f"TOKENISE: 41.6 ms -> 9.2 ms (-78%)\n\n{PROMPT}\n")
    assert problem.startswith("the prompt")


def test_two_issues_in_one_commit_are_refused_but_a_name_within_a_name_is_none() -> None:
    assert of(GOOD.replace("Stop words", "As in STEM, stop words")) == (
        "one issue a commit: it names TOKENISE, STEM",
    )
    assert of(GOOD.replace("TOKENISE", "TOKENISE_2")) == ()


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("12.3 ms -> 8.1 ms", ("12.3 ms -> 8.1 ms",)),
        ("1,200 MB → 800 MB of memory", ("1,200 MB → 800 MB",)),
        ("from 40% to 12%", ("40% to 12%",)),
        ("1.34x on parse", ("1.34x on parse",)),
        ("rename 3 functions to be clear", ()),
        ("v1.2.3 -> lib", ()),
    ],
)
def test_figures(text: str, figures: tuple[str, ...]) -> None:
    assert read_message(text).figures == figures


def test_what_git_cuts_off_is_not_read() -> None:
    message = read_message("\n# a comment\nsubject  \n\nbody\n# ---- >8 ----\ndiff faster 1 ms -> 2 ms\n")
    assert (message.subject, message.body) == ("subject", ("", "body"))
