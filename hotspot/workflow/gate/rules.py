"""What a project asks of its measurements: ``budgets``, ``criteria`` and ``critical`` of the configuration.

The configuration is read into these objects at once, so that a mistake in it is told before anything is measured.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hotspot.config import Config, ConfigError
from hotspot.workflow.gate.limits import Limit, limit_of, quorum_of, share_of

Priority = Literal["high", "medium", "low"]
PRIORITIES: tuple[Priority, ...] = ("high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit on one thing.

    Attributes:
        name: as the project calls it.
        measure: ``benchmark`` is a time, ``memory`` a benchmark's peak memory, ``file`` a size on disk.
        subject: name or pattern of benchmarks, or a path relative to the root.
        minus: a benchmark to subtract first, or None.
        limit: the most that is allowed.
    """

    name: str
    measure: Literal["benchmark", "memory", "file"]
    subject: str
    minus: str | None
    limit: Limit


@dataclass(frozen=True, slots=True)
class FasterThanBaseline:
    """So many of the benchmarks are faster than in the baseline, by at least ``by``."""

    name: str
    benchmarks: tuple[str, ...]
    quorum: tuple[int, int] | None
    by: float | None


@dataclass(frozen=True, slots=True)
class FasterThanOther:
    """So many of the benchmarks ``faster`` are faster than their partners ``than``, measured beside them.

    ``*`` stands for the same text in both.
    """

    name: str
    faster: str
    than: str
    quorum: tuple[int, int] | None
    by: float | None


@dataclass(frozen=True, slots=True)
class NoWorseThan:
    """None of the benchmarks is slower than in the baseline by ``share`` or more."""

    name: str
    benchmarks: tuple[str, ...]
    share: float


Criterion = FasterThanBaseline | FasterThanOther | NoWorseThan


@dataclass(frozen=True, slots=True)
class Critical:
    """A path that matters more: a pattern of functions or benchmarks, and how much."""

    pattern: str
    priority: Priority


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything a project asks for."""

    budgets: tuple[Budget, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    critical: tuple[Critical, ...] = ()

    def priority_of(self, name: str) -> Priority | None:
        """Return the highest priority among the critical paths that a function or benchmark belongs to."""
        found = {critical.priority for critical in self.critical if matches(name, critical.pattern)}
        return next((priority for priority in PRIORITIES if priority in found), None)


def rules_of(config: Config) -> Rules:
    """Read the rules of a project.

    Raises:
        ConfigError: one is not understood; the message names it and says what is known.
    """
    return Rules(
        tuple(_budget(name, table) for name, table in config.budgets.items()),
        tuple(_criterion(name, table) for name, table in config.criteria.items()),
        tuple(_critical(pattern, priority) for pattern, priority in config.critical.items()),
    )


def matches(name: str, pattern: str) -> bool:
    """Whether a name is the pattern, or fits it where it holds ``*``."""
    return name == pattern or ("*" in pattern and fnmatch.fnmatchcase(name, _without_classes(pattern)))


def _without_classes(pattern: str) -> str:
    """Only ``*`` is special: benchmark names hold brackets and question marks of their own."""
    return pattern.replace("[", "[[]").replace("?", "[?]")


def _budget(name: str, table: Any) -> Budget:
    where = f"budgets.{name}"
    example = f'{name} = {{ benchmark = "NAME", max = "10 ms" }}'
    _check_table(where, table, {"benchmark", "memory", "file", "minus", "max"}, example)
    measures = [key for key in ("benchmark", "memory", "file") if key in table]
    if len(measures) != 1:
        raise ConfigError(
            f"{where}: needs one of benchmark, memory and file, has {len(measures)}", hint=example
        )
    measure = measures[0]
    limit = limit_of(table.get("max"))
    kind = "time" if measure == "benchmark" else "size"
    if limit is None or limit.kind != kind:
        units = "10 ms, 1.5 s" if kind == "time" else "500 kB, 50 MB"
        raise ConfigError(f"{where}: max must be a {kind} like {units}, not {table.get('max')!r}")
    minus = table.get("minus")
    if minus is not None and (measure == "file" or "*" in str(minus)):
        raise ConfigError(
            f"{where}: minus takes the name of one benchmark, and goes with benchmark or memory"
        )
    return Budget(
        name,
        measure,  # type: ignore[arg-type]  # one of the three just looked for
        _text(where, measure, table[measure]),
        None if minus is None else _text(where, "minus", minus),
        limit,
    )


def _criterion(name: str, table: Any) -> Criterion:
    where = f"criteria.{name}"
    example = f'{name} = {{ no_worse_than = "5%" }}'
    known = {"faster_than", "faster", "than", "no_worse_than", "on", "by", "benchmarks"}
    _check_table(where, table, known, example)
    kinds = [key for key in ("faster_than", "faster", "no_worse_than") if key in table]
    if len(kinds) != 1:
        raise ConfigError(
            f"{where}: needs one of faster_than, faster and no_worse_than, has {len(kinds)}", hint=example
        )
    benchmarks = _texts(where, "benchmarks", table.get("benchmarks", "*"))
    if kinds[0] == "no_worse_than":
        _refuse(where, table, {"on", "by", "than"}, "no_worse_than")
        return NoWorseThan(name, benchmarks, _share(where, "no_worse_than", table["no_worse_than"]))
    quorum = None if table.get("on", "all") == "all" else quorum_of(table["on"])
    if quorum is None and table.get("on", "all") != "all":
        raise ConfigError(f'{where}: on must be "all" or like "3 of 4", not {table["on"]!r}')
    by = _share(where, "by", table["by"]) if "by" in table else None
    if kinds[0] == "faster_than":
        _refuse(where, table, {"than"}, "faster_than")
        if table["faster_than"] != "baseline":
            raise ConfigError(
                f'{where}: faster_than can be "baseline"',
                hint='two benchmarks of one run are compared with faster = "NAME", than = "OTHER"',
            )
        return FasterThanBaseline(name, benchmarks, quorum, by)
    _refuse(where, table, {"benchmarks"}, "faster")
    faster, than = _text(where, "faster", table["faster"]), _text(where, "than", table.get("than"))
    if faster.count("*") != than.count("*") or faster.count("*") > 1:
        raise ConfigError(f"{where}: faster and than must hold one * both, or none")
    return FasterThanOther(name, faster, than, quorum, by)


def _critical(pattern: str, priority: Any) -> Critical:
    if priority not in PRIORITIES:
        raise ConfigError(f"critical.{pattern}: must be one of {', '.join(PRIORITIES)}, not {priority!r}")
    return Critical(pattern, priority)


def _check_table(where: str, table: Any, known: set[str], example: str) -> None:
    if not isinstance(table, Mapping):
        raise ConfigError(f"{where}: must be a table", hint=example)
    unknown = sorted(set(table) - known)
    if unknown:
        raise ConfigError(
            f"{where}: unknown key {unknown[0]!r}", hint=f"known keys: {', '.join(sorted(known))}"
        )


def _refuse(where: str, table: Mapping[str, Any], keys: set[str], kind: str) -> None:
    wrong = sorted(keys & set(table))
    if wrong:
        raise ConfigError(f"{where}: {wrong[0]} does not go with {kind}")


def _text(where: str, key: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{where}: {key} must be a text")
    return value


def _texts(where: str, key: str, value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(_text(where, key, one) for one in values)


def _share(where: str, key: str, value: Any) -> float:
    share = share_of(value)
    if share is None:
        raise ConfigError(f"{where}: {key} must be a percentage like 5%, not {value!r}")
    return share
