"""Any sequence of steps: legal ones keep the file readable and what people wrote, illegal ones change nothing."""

from __future__ import annotations

import datetime
import tempfile
from pathlib import Path

from hotspot.config import Config
from hotspot.errors import HotspotError, TooFewSamples, UsageError
from hotspot.workflow.issues.issue_model import IMPLEMENTATION, LOG, VERIFICATION, Status
from hotspot.workflow.issues.issue_text import decode, parse
from hotspot.workflow.lifecycle.closing import close, reopen
from hotspot.workflow.lifecycle.implementing import implement
from hotspot.workflow.lifecycle.starting import Before, start
from hotspot.workflow.lifecycle.steps import legal_steps
from hotspot.workflow.lifecycle.verifying import Measure, verify
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.issue_files import results_file, write_issue
from tests.property.test_issue_text import HOSTILE

TODAY = datetime.date(2026, 11, 21)
# What `verify` is given as the times after; before, all are near 1 s.
AFTER = {"faster": 0.5, "slower": 2.0, "same": 1.0, "few": None}
STEPS = st.tuples(
    st.sampled_from(["start", "force", "implement", "reopen", "block", "drop", *AFTER]), HOSTILE
)
REMARK = "  a person's remark, \u202e and more\n"


def take(step: str, text: str, config: Config) -> None:
    if step in ("start", "force"):
        start("it", config, Before(), force=step == "force", today=TODAY)
    elif step == "implement":
        implement("it", config, [text, f"a/b.py={text}"], text, today=TODAY)
    elif step in AFTER:
        verify(
            "it",
            config,
            Measure([str(config.root / "before.json")], [str(config.root / f"{step}.json")]),
            today=TODAY,
        )
    elif step == "reopen":
        reopen("it", text, config, today=TODAY)
    else:
        close(step, "it", text or "why", config, today=TODAY)


def name_of(step: str) -> str:
    return "start" if step == "force" else "verify" if step in AFTER else step


@settings(max_examples=40)
@given(st.lists(STEPS, max_size=8), st.booleans())
def test_any_sequence_of_steps(steps: list[tuple[str, str]], dos: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        config = Config(Path(folder))
        results_file(config.root / "before.json", 1.0)
        for word, seconds in AFTER.items():
            results_file(config.root / f"{word}.json", seconds or 1.0, count=3 if seconds is None else 12)
        path = write_issue(config, "IT", remark=REMARK, dos=dos)
        for step, text in steps:
            before = path.read_bytes()
            issue = parse(decode(before), "IT")
            legal = name_of(step) in legal_steps(issue)
            refused = step == "start" and issue.attempts >= 2
            try:
                take(step, text, config)
                assert legal
                assert not refused
            except TooFewSamples:
                assert (legal, step) == (True, "few")
            except UsageError:
                assert not legal or refused or not text.strip()
                assert path.read_bytes() == before
                continue
            after = parse(decode(path.read_bytes()), "IT")
            log = [parsed.section(LOG).text for parsed in (issue, after)]  # type: ignore[union-attr]
            assert log[1].startswith(log[0].rstrip("\r\n"))
            assert REMARK.rstrip("\n") in after.text
            old = {s.title: s.text for s in issue.sections[1:] if s.title != LOG}
            new = {s.title: s.text for s in after.sections[1:]}
            assert {title: new[title] for title in old} == old  # nothing written before is touched
            assert after.attempts - issue.attempts == (
                after.status is not issue.status and failed(step, after.status)
            )
            for kind in (IMPLEMENTATION, VERIFICATION):
                titles = [section.title for section in after.tries(kind)]
                assert titles == [kind if n == 1 else f"{kind} {n}" for n in range(1, len(titles) + 1)]
            if dos:
                assert "\n" not in after.text.replace("\r\n", "")


def failed(step: str, status: Status) -> bool:
    return step in AFTER and status is Status.REGRESSION


def test_errors_are_of_one_tree() -> None:
    assert issubclass(TooFewSamples, HotspotError)
