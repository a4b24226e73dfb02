"""What a project may ask for, and how mistakes in it are told."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hotspot.config import ConfigError, load_config
from hotspot.workflow.gate.limits import limit_of, quorum_of, share_of
from hotspot.workflow.gate.rules import (
    Budget,
    FasterThanBaseline,
    FasterThanOther,
    NoWorseThan,
    Rules,
    matches,
    rules_of,
)

DOCS = (Path(__file__).parents[2] / "docs" / "gate.md").read_text()


def rules(folder: Path, text: str) -> Rules:
    (folder / "hotspot.toml").write_text(text)
    return rules_of(load_config(folder))


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("10 ms", 0.01, "time"),
        ("16ms", 0.016, "time"),
        ("1.5 s", 1.5, "time"),
        ("250 us", 0.00025, "time"),
        ("1_000 ns", 1e-6, "time"),
        ("2 min", 120, "time"),
        ("50 MB", 50 * 2**20, "size"),
        ("50 MiB", 50 * 2**20, "size"),
        ("10kB", 10240, "size"),
        ("1.5 GB", 1.5 * 2**30, "size"),
        ("900 B", 900, "size"),
    ],
)
def test_limits(text: str, value: float, kind: str) -> None:
    limit = limit_of(text)
    assert limit is not None
    assert (limit.value, limit.kind) == (pytest.approx(value), kind)


@pytest.mark.parametrize("text", ["", "10", "ms", "-1 ms", "10 parsecs", "ten ms", 10, None, "1e3 ms"])
def test_what_is_no_limit(text: object) -> None:
    assert limit_of(text) is None


def test_shares_and_quorums() -> None:
    assert (share_of("5%"), share_of("2.5 %"), share_of("5"), share_of(5)) == (0.05, 0.025, None, None)
    assert (quorum_of("3 of 4"), quorum_of("4 of 3"), quorum_of("0 of 3"), quorum_of("most")) == (
        (3, 4),
        None,
        None,
        None,
    )


def test_the_syntax(tmp_path: Path) -> None:
    found = rules(
        tmp_path,
        """
[budgets]
start = { benchmark = "app --version", max = "100 ms" }
overhead = { benchmark = "ours", minus = "native", max = "10 ms" }
resident = { memory = "app serve", max = "50 MB" }
binary = { file = "target/release/app", max = "10 MB" }
[criteria]
quicker = { faster_than = "baseline", on = "3 of 4", by = "20%" }
beats = { faster = "ours *", than = "theirs *" }
steady = { no_worse_than = "5%", benchmarks = ["parse*", "lex"] }
[critical]
"parse_*" = "high"
"*" = "low"
""",
    )
    start, overhead, resident, binary = found.budgets
    assert isinstance(start, Budget)
    assert [one.measure for one in found.budgets] == ["benchmark", "benchmark", "memory", "file"]
    assert (overhead.minus, resident.limit.value, binary.subject) == (
        "native",
        50 << 20,
        "target/release/app",
    )
    assert found.criteria == (
        FasterThanBaseline("quicker", ("*",), (3, 4), 0.2),
        FasterThanOther("beats", "ours *", "theirs *", None, None),
        NoWorseThan("steady", ("parse*", "lex"), 0.05),
    )
    assert [found.priority_of(name) for name in ("parse_row", "other")] == ["high", "low"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[budgets]\na = 3", "budgets.a: must be a table"),
        ('[budgets]\na = { benchmark = "x", maximum = "1 ms" }', "budgets.a: unknown key 'maximum'"),
        ('[budgets]\na = { max = "1 ms" }', "budgets.a: needs one of benchmark, memory and file, has 0"),
        ('[budgets]\na = { benchmark = "x", file = "y", max = "1 ms" }', "budgets.a: needs one of .*, has 2"),
        ('[budgets]\na = { benchmark = "x" }', "budgets.a: max must be a time like 10 ms, 1.5 s, not None"),
        ('[budgets]\na = { benchmark = "x", max = "1 MB" }', "budgets.a: max must be a time"),
        ('[budgets]\na = { memory = "x", max = "1 ms" }', "budgets.a: max must be a size"),
        ('[budgets]\na = { file = "x", minus = "y", max = "1 MB" }', "budgets.a: minus takes"),
        ('[budgets]\na = { benchmark = "", max = "1 ms" }', "budgets.a: benchmark must be a text"),
        (
            '[criteria]\na = { on = "3 of 4" }',
            "criteria.a: needs one of faster_than, faster and no_worse_than",
        ),
        ('[criteria]\na = { faster_than = "main" }', 'criteria.a: faster_than can be "baseline"'),
        ('[criteria]\na = { faster_than = "baseline", on = "most" }', "criteria.a: on must be"),
        ('[criteria]\na = { faster = "a *", than = "b" }', r"criteria.a: faster and than must hold one \*"),
        ('[criteria]\na = { faster = "a" }', "criteria.a: than must be a text"),
        ("[criteria]\na = { no_worse_than = 5 }", "criteria.a: no_worse_than must be a percentage"),
        (
            '[criteria]\na = { no_worse_than = "5%", on = "3 of 4" }',
            "criteria.a: on does not go with no_worse_than",
        ),
        ("[critical]\na = 1", "critical.a: must be one of high, medium, low, not 1"),
    ],
)
def test_mistakes_are_told_before_anything_runs(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as raised:
        rules(tmp_path, text)
    assert raised.value.exit_code == 2


def test_only_the_star_is_special_in_a_pattern() -> None:
    assert matches("test[a?]", "test[a?]")
    assert matches("test[a?]", "test[*")
    assert not matches("testa", "test[a]*")
    assert not matches("abc", "a?c")


@pytest.mark.parametrize("text", re.findall(r"^```toml\n(.*?)^```$", DOCS, re.DOTALL | re.MULTILINE))
def test_the_examples_in_the_documentation_are_understood(tmp_path: Path, text: str) -> None:
    document = tomllib.loads(text)
    if "tool" in document:
        (tmp_path / "pyproject.toml").write_text(text)
        found = rules_of(load_config(tmp_path))
    else:
        found = rules(tmp_path, text)
    assert found.budgets or found.criteria or found.critical


def test_the_workflow_in_the_documentation_is_yaml() -> None:
    yaml = pytest.importorskip("yaml")
    (text,) = re.findall(r"^```yaml\n(.*?)^```$", DOCS, re.DOTALL | re.MULTILINE)
    steps = yaml.safe_load(text)["jobs"]["gate"]["steps"]
    assert any("hotspot gate --base" in step.get("run", "") for step in steps)
