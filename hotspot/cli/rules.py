"""``hotspot rules``: the advice catalogue, and whether a project's own rules do what their examples say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hotspot.cli.options import output_options
from hotspot.cli.output import Output

if TYPE_CHECKING:
    from hotspot.advice.rule import Rule


@click.command("rules")
@click.argument("rule_id", metavar="[ID]", required=False)
@click.option(
    "--check", is_flag=True, help="Run the rules' own examples; exit 1 where one does not do what it says."
)
@click.option(
    "--project",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The project root, whose .hotspot/rules/*.toml are read too.",
)
@output_options
def command(rule_id: str | None, check: bool, project: Path | None, output: Output) -> None:
    """List the rules that drafts of issues are made from, or explain one.

    A project's own rules lie in .hotspot/rules/*.toml; one with the id of hotspot's own replaces it.
    """
    from hotspot.advice.loader import load_catalogue
    from hotspot.config import load_config
    from hotspot.report.rules import list_report, rule_dict, rule_report

    catalogue = load_catalogue(load_config(project=project).root)
    rules = [catalogue.find(rule_id)] if rule_id else list(catalogue.rules.values())
    if check:
        _check(rules, output)
        return
    document = {"schema": "hotspot.rules/1", "rows": [rule_dict(rule) for rule in rules]}
    output.write(document, rule_report(rules[0]) if rule_id else list_report(rules))


def _check(rules: list[Rule], output: Output) -> None:
    from hotspot.advice.examples import broken_examples
    from hotspot.report.table import Cell, Report, clean_sentence

    broken = [(rule, broken_examples(rule)) for rule in rules]
    rows = [{"id": rule.id, "origin": rule.origin, "faults": faults} for rule, faults in broken]
    parts = [
        Cell(clean_sentence(f"{rule.origin} [{rule.id}]: {fault}"), tone="worse")
        for rule, faults in broken
        for fault in faults
    ]
    bad = sum(1 for _, faults in broken if faults)
    summary = f"{len(rules):,} rules, {bad:,} with examples that do not do what they say"
    output.write({"schema": "hotspot.rules-check/1", "rows": rows}, Report((*parts, summary)))
    if bad:
        click.get_current_context().exit(1)
