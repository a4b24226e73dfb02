"""The catalogue: every rule fires on its examples and on nothing it says it leaves alone; errors name file and rule."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from hotspot.advice.examples import broken_examples, findings_of
from hotspot.advice.impact import impact, saved, speedup
from hotspot.advice.loader import MalformedRule, load_catalogue, read_rules
from hotspot.advice.match import HotPlace, Matcher, Strength
from hotspot.advice.patterns import HotSource
from hotspot.advice.rule import Rule
from hotspot.advice.work import Work
from hotspot.analysis.totals import nearest_marked
from hotspot.cli.main import main
from hotspot.errors import UsageError
from hotspot.report.rules import rule_report
from hotspot.report.table import plain
from hotspot.source.grammars import compile_query

from tests.vocabulary import profile_from_text

RULES = load_catalogue().rules
DOCUMENT = (Path(__file__).parents[2] / "docs" / "rules.md").read_text()


def test_there_are_forty_good_rules_and_more() -> None:
    assert len(RULES) >= 40


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_does_what_its_examples_say(rule: Rule) -> None:
    assert broken_examples(rule) == []


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_query_compiles_for_each_of_its_languages(rule: Rule) -> None:
    for pattern in rule.source:
        for language in pattern.languages:
            assert "match" in captures(language, pattern.query)
            for query in (pattern.where, pattern.unless):
                assert query is None or captures(language, query)


def captures(language: str, text: str) -> set[str]:
    """Compile a query; return the names of its captures."""
    query = compile_query(language, text)
    return {query.capture_name(i) for i in range(query.capture_count)}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_is_explained(rule: Rule) -> None:
    text = plain(rule_report(rule))
    for heading in (
        "What it does",
        "Why it costs",
        "Example",
        "What to do",
        "Typical gain",
        "Risk",
        "How to validate",
    ):
        assert heading in text
    assert rule.why.split()[0] in text
    assert not rule.title.endswith(".")
    assert rule.references


def own_rule(folder: Path, text: str) -> Path:
    rules = folder / ".hotspot" / "rules"
    rules.mkdir(parents=True, exist_ok=True)
    (rules / "own.toml").write_text(text)
    return folder


def documented() -> str:
    found = re.search(r"^```toml\n(.*?)^```$", DOCUMENT, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def test_the_documents_rule_works_and_one_of_hotspots_own_can_be_replaced(tmp_path: Path) -> None:
    own_rule(tmp_path, documented())
    assert broken_examples(load_catalogue(tmp_path).rules["price-table-read-per-order"]) == []
    own_rule(tmp_path, documented().replace("price-table-read-per-order", "busy-wait"))
    rules = load_catalogue(tmp_path).rules
    assert rules["busy-wait"].origin == ".hotspot/rules/own.toml"
    assert len(rules) == len(RULES)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[price-", "price-", "no TOML"),
        ('title = "Price', 'titel = "Price', "unknown field `titel`"),
        ("gain = [5.0, 50.0]", "gain = [50.0, 5.0]", "gain is [50, 5], not two factors from 1 to 1000"),
        ("gain = [5.0, 50.0]", 'gain = "much"', "Expected `array`, got `str` - at `$.gain`"),
        ('needs = "source"', 'needs = "both"', "needs is 'both' but there are no frames"),
        ("fires = false", "fires = true", "examples need one with fires = true and one with fires = false"),
        ("@match", "@found", "a source query has no @match"),
        ('languages = ["python"]', 'languages = ["cobol"]', "no language is called 'cobol'"),
        ("min-share = 0.02", "min-share = 2", "min-share is 2, not a share from 0 to 1"),
    ],
)
def test_a_mistake_names_the_file_and_the_rule(tmp_path: Path, old: str, new: str, message: str) -> None:
    own_rule(tmp_path, documented().replace(old, new))
    with pytest.raises(MalformedRule) as raised:
        load_catalogue(tmp_path)
    assert str(raised.value).startswith(".hotspot/rules/own.toml")
    assert message in str(raised.value)
    if "no TOML" not in message:
        assert raised.value.rule == "price-table-read-per-order"


def test_near_ids_are_offered() -> None:
    with pytest.raises(UsageError) as raised:
        load_catalogue().find("busy-waits")
    assert raised.value.hint == "did you mean busy-wait?"


def test_impact_is_amdahls_law() -> None:
    # A third of the run made twice as fast saves a sixth; all of it gone is 1.5x.
    assert saved(1 / 3, 2.0) == pytest.approx(1 / 6)
    assert speedup(1 / 3) == pytest.approx(1.5)
    found = impact(0.314, (1.2, 2.0), 4213)
    assert found.interval == (pytest.approx(0.3001, abs=1e-3), pytest.approx(0.3282, abs=1e-3))
    assert (found.low, found.high) == (pytest.approx(0.0500, abs=1e-3), pytest.approx(0.1570, abs=1e-3))
    assert found.low < found.typical < found.high < found.ceiling
    assert impact(0.314, (1.2, 2.0), None).interval is None


SOURCE = b"""\
STOP = ["a", "an", "and", "at", "in", "is", "of", "on", "the"]

def hot(words):
    kept = []
    for word in words:
        if word not in STOP:
            kept.append(word)
    return kept

def cold(words):
    return [word for word in words if word in STOP]
"""


def findings(stacks: str, rule_id: str = "list-searched-linearly", lines: tuple[int, int] = (3, 8)):  # type: ignore[no-untyped-def]
    profile = profile_from_text(stacks)
    strings = profile.frames.strings
    marked = np.array([strings[n] == "hot" for n in profile.frames.name.tolist()])[profile.call_tree.frame]
    holder = nearest_marked(profile.call_tree, marked)
    nodes = np.flatnonzero(holder >= 0).astype(np.int32)
    work = Work(profile, marked, holder)
    place = HotPlace(nodes, HotSource(SOURCE, "python", lines, lines[0]))
    return Matcher([RULES[rule_id]], work, "time").findings(place)


def test_a_match_is_weighed_by_its_line() -> None:
    (found,) = findings("main;hot (a.py:6) 30\nmain;hot (a.py:7) 50\nmain 20")
    assert (found.strength, found.share, found.at_most) == (Strength.LINES, 0.3, False)
    assert [(s.site.line, s.share, s.site.text) for s in found.sites] == [(6, 0.3, "word not in STOP")]


def test_a_match_on_a_cold_line_of_a_hot_function_is_silent() -> None:
    assert findings("main;hot (a.py:6) 1\nmain;hot (a.py:7) 99") == ()


@pytest.mark.parametrize("frame", ["hot", "hot (a.py:3)"])
def test_without_lines_the_share_is_a_bound(frame: str) -> None:
    (found,) = findings(f"main;{frame} 40\nmain 60")
    assert (found.strength, found.share, found.at_most) == (Strength.SOURCE, 0.4, True)


def test_only_the_hot_function_is_read() -> None:
    assert findings("main;hot (a.py:7) 40\nmain 60", lines=(3, 5)) == ()


def test_frames_and_source_together_count_what_the_lines_asked_for() -> None:
    rule = RULES["allocation-per-iteration"]
    example = next(e for e in rule.examples if e.fires and e.language == "c")
    (found,) = findings_of(rule, example)
    assert (found.strength, found.share, found.frames and found.frames.names) == (
        Strength.BOTH,
        0.4,
        ("malloc", "free"),
    )


@pytest.mark.parametrize(
    ("language", "code", "fires"),
    [
        ("python", "def f(xs, s):\n    return [s.lower() for x in xs]\n", True),
        ("python", "def f(xs, s):\n    for x in s.lower():\n        g(x)\n", False),  # evaluated once
        ("python", "def f(xs, s):\n    return [x for x in s.lower()]\n", False),
        ("python", "def f(xs, s):\n    return list(map(lambda x: x + s.lower(), xs))\n", True),
        (
            "python",
            "def f(xs, s):\n    for x in xs:\n        g(lambda: s.lower())\n",
            False,
        ),  # runs another time
        ("python", "def f(xs, s):\n    for x in xs:\n        s = s.lower()\n", False),  # changes
        ("rust", "fn f(xs: &[X], s: &str) { xs.iter().for_each(|x| g(x, s.to_lowercase())); }", True),
        ("rust", "fn f(xs: &[X], s: &str) { g(|x| s.to_lowercase()); }", False),
        ("c", "void f(char *s) { for (size_t i = strlen(s); i--;) g(s[i]); }", False),
        ("c", "void f(char *s) { for (size_t i = 0; i < strlen(s); i++) g(s[i]); }", True),
        ("c", "void f(char *s) { for (size_t i = 0; i < strlen(s); i++) s[i] = 'x'; }", False),
        ("javascript", "function f(xs, s) { return xs.some(x => x === s.trim()); }", True),
    ],
)
def test_what_a_loop_repeats(language: str, code: str, fires: bool) -> None:
    sites = HotSource(code.encode(), language).sites(RULES["computed-again-in-loop"])
    assert bool(sites) == fires


# -- the command -----------------------------------------------------------------------------------------------


def run(arguments: list[str], monkeypatch: pytest.MonkeyPatch, cwd: Path) -> int:
    monkeypatch.chdir(cwd)
    monkeypatch.setattr(sys, "argv", ["hotspot", "rules", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_the_command_lists_explains_and_checks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own_rule(tmp_path, documented())
    (tmp_path / "hotspot.toml").touch()
    assert run([], monkeypatch, tmp_path) == 0
    assert "price-table-read-per-order" in capsys.readouterr().out
    assert run(["price-table-read-per-order"], monkeypatch, tmp_path) == 0
    assert "Use instead" in capsys.readouterr().out
    assert run(["price-table-read-per-order", "--check"], monkeypatch, tmp_path) == 0
    assert run(["nothing"], monkeypatch, tmp_path) == 2
    capsys.readouterr()
    own_rule(
        tmp_path, documented().replace("prices = load_prices()\n", "").replace("prices[o", "load_prices()[o")
    )
    assert run(["price-table-read-per-order", "--check"], monkeypatch, tmp_path) == 1
    assert "example 2 fires" in capsys.readouterr().out


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(MalformedRule, match="No such file"):
        read_rules(tmp_path / "none.toml", "none.toml")
