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
    return problems(read_message(text, "#"), NAMES)


def test_a_good_message_lacks_nothing() -> None:
    assert of(GOOD) == ()


@pytest.mark.parametrize(
    "text", ["docs: mend a typo", "tests: one more case\n\nOn 3 files.", "perf-issues: notes", ""]
)
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


def test_two_issues_in_one_commit_are_refused_but_one_may_be_mentioned() -> None:
    assert of(GOOD.replace("TOKENISE:", "TOKENISE, STEM:")) == (
        "one issue a commit: it names TOKENISE, STEM",
    )
    assert of(GOOD.replace("Stop words", "As in STEM, stop words")) == ()
    assert of(GOOD.replace("TOKENISE", "TOKENISE_2")) == ()
    assert of(
        "lexer: tables\n\nFor TOKENISE and STEM: 4 ms -> 2 ms, as each table is built once and then shared."
    ) == ("one issue a commit: it names TOKENISE, STEM",)


@pytest.mark.parametrize(
    "text",
    [
        "Merge branch 'TOKENISE' into main",
        "Merge pull request #12 from ana/faster-lexer",
        "fixup! TOKENISE: 41.6 ms -> 9.2 ms (-78%)",
        "squash! TOKENISE: faster",
        'Revert "TOKENISE: 41.6 ms -> 9.2 ms (-78%)"\n\nThis reverts commit 0123abc.',
        'Reapply "TOKENISE: 41.6 ms -> 9.2 ms (-78%)"',
        "build: numpy 1.26 -> 2.0",
        "lint: lines from 100 to 110 characters",
    ],
)
def test_commits_that_are_not_asked(text: str) -> None:
    assert of(text) == ()


SQUASHED = """Squashed commit of the following:

commit 3f0a1b2c3d4e5f60718293a4b5c6d7e8f9011121
Author: Ana <ana@example.org>
Date:   Fri Nov 27 08:00:00 2026 +0000

    tests: the words that TOKENISE must keep, all of them, in both cases

commit 9f0a1b2c3d4e5f60718293a4b5c6d7e8f9011121
Author: Ana <ana@example.org>
Date:   Fri Nov 27 07:00:00 2026 +0000

    TOKENISE: 41.6 ms -> 9.2 ms (-78%)

    Stop words are looked up in a set, which hashes a token once.
"""


def test_a_squashed_merge_is_asked_as_one_commit() -> None:
    assert of(SQUASHED) == ()
    (problem,) = of(
        SQUASHED.replace("    Stop words are looked up in a set, which hashes a token once.\n", "")
    )
    assert problem.startswith("no mechanism")
    assert of(SQUASHED.replace("    tests: the words", "    STEM: 4 ms -> 2 ms. The words")) == (
        "one issue a commit: it names TOKENISE, STEM",
    )


def test_the_list_of_a_squashed_pull_request_is_read() -> None:
    listed = "Faster lexer (#12)\n\n* TOKENISE: 41.6 ms -> 9.2 ms (-78%)\n\n{}\n\n* mend what the linter said of the set of words\n"
    assert of(listed.format("Stop words are looked up in a set, which hashes a token once.")) == ()
    (problem,) = of(listed.format("A set."))
    assert problem.startswith("no mechanism")
    (problem,) = of(listed.format("Stop words are in a set, which hashes once.\n\n* STEM: 4 ms -> 2 ms"))
    assert problem.startswith("one issue a commit")


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
    text = "\n# a comment\nsubject  \n\nbody\n# ---- >8 ----\ndiff faster 1 ms -> 2 ms\n"
    message = read_message(text, "#")
    assert (message.subject, message.body) == ("subject", ("", "body"))
    assert read_message(text.replace("#", ";"), ";") == message
    assert read_message("#12: mend it\n\nbody").subject == "#12: mend it"
