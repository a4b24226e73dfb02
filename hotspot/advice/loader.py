"""Reading the catalogue: hotspot's own rules and a project's, validated alike.

A project's rules lie in ``.hotspot/rules/*.toml``; one with the id of hotspot's own replaces it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import msgspec

from hotspot.advice.frame_names import CLASS_IDS
from hotspot.advice.rule import Rule, faults
from hotspot.errors import HotspotError, UsageError

_OWN_RULES = Path(__file__).parent / "catalogue"
_CLASSES = frozenset({*CLASS_IDS, "own", "other"})


class MalformedRule(HotspotError):
    """A file of rules cannot be read, or a rule in it is wrong.

    Attributes:
        path: the file.
        rule: the rule's id, None where the file as a whole is wrong.
    """

    def __init__(self, path: str, reason: str, *, rule: str | None = None) -> None:
        place = f" [{rule}]" if rule else ""
        super().__init__(f"{path}{place}: {reason}", hint="docs/rules.md tells what a rule consists of")
        self.path = path
        self.rule = rule
        self.reason = reason


@dataclass(frozen=True)
class Catalogue:
    """Rules by id, in the order of their files."""

    rules: dict[str, Rule]

    def find(self, rule_id: str) -> Rule:
        """Return a rule.

        Raises:
            UsageError: there is none of that id; the hint names near ones.
        """
        if rule_id in self.rules:
            return self.rules[rule_id]
        import difflib

        near = difflib.get_close_matches(rule_id, self.rules, n=3, cutoff=0.5)
        near = near or [known for known in self.rules if rule_id.lower() in known][:3]
        hint = f"did you mean {' or '.join(near)}?" if near else "`hotspot rules` lists them"
        raise UsageError(f"no rule is called {rule_id!r}", hint=hint)


def load_catalogue(root: Path | None = None) -> Catalogue:
    """Return hotspot's rules and those in a project's ``.hotspot/rules``.

    Args:
        root: of the project; None for hotspot's own rules alone.

    Raises:
        MalformedRule: a file or a rule is wrong.
    """
    rules = dict(_own_rules())
    if root is not None:
        folder = root / ".hotspot" / "rules"
        for path in sorted(folder.glob("*.toml")):
            for rule in read_rules(path, str(path.relative_to(root))):
                rules[rule.id] = rule
    return Catalogue(rules)


@lru_cache(maxsize=1)
def _own_rules() -> tuple[tuple[str, Rule], ...]:
    files = sorted(_OWN_RULES.glob("*.toml"))
    rules = [rule for path in files for rule in read_rules(path, f"hotspot/advice/catalogue/{path.name}")]
    return tuple(_by_id(rules).items())


def _by_id(rules: Iterable[Rule]) -> dict[str, Rule]:
    found: dict[str, Rule] = {}
    for rule in rules:
        if rule.id in found:
            raise MalformedRule(rule.origin, f"{found[rule.id].origin} has a rule of that id", rule=rule.id)
        found[rule.id] = rule
    return found


def read_rules(path: Path, shown: str) -> list[Rule]:
    """Read one file of rules.

    Args:
        path: the file.
        shown: how messages call it.

    Raises:
        MalformedRule: naming the file and, where it is one rule's fault, the rule.
    """
    try:
        with path.open("rb") as file:
            tables = tomllib.load(file)
    except OSError as error:
        raise MalformedRule(shown, error.strerror or "cannot be read") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MalformedRule(shown, f"no TOML: {error}") from error
    rules = []
    for rule_id, table in tables.items():
        if not isinstance(table, dict):
            raise MalformedRule(shown, f"{rule_id!r} stands outside a rule's table")
        taken = {"id", "subject", "origin"} & table.keys()
        if taken:
            raise MalformedRule(shown, f"{min(taken)!r} is set by hotspot", rule=rule_id)
        try:
            rule = msgspec.convert({**table, "id": rule_id, "subject": path.stem, "origin": shown}, Rule)
        except msgspec.ValidationError as error:
            raise MalformedRule(shown, str(error), rule=rule_id) from error
        wrong = faults(rule, _CLASSES)
        if wrong:
            raise MalformedRule(shown, "; ".join(wrong), rule=rule_id)
        rules.append(rule)
    return rules
