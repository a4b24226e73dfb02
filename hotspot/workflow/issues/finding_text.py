"""What the rules found at a place, as text: claims with their evidence, what to do, what it may bring."""

from __future__ import annotations

import math

from hotspot.advice.impact import speedup
from hotspot.advice.match import Finding, SiteShare, Strength
from hotspot.units import human_share
from hotspot.workflow.issues.issue_text import bullet, one_line, paragraph

_MOST_SITES = 4
_MOST_OTHERS = 4
_LANGUAGE = {
    "python": "Python", "rust": "Rust", "c": "C", "cpp": "C++", "go": "Go", "java": "Java",
    "javascript": "JavaScript", "typescript": "TypeScript",
}  # fmt: skip


def claim(finding: Finding, where: str, share: float, noun: str) -> str:
    """Say in one sentence what is the matter, with the evidence for it.

    Args:
        finding: see `hotspot.advice.match`.
        where: the file as it is called in the issue.
        share: of the profile, charged to the place.
        noun: what the shares are of.
    """
    names = ", ".join(one_line(name, 60) for name in finding.frames.names) if finding.frames else ""
    if not finding.sites:
        return f"{human_share(finding.frame_share)} of the {noun} is in {names} below this function."
    site = finding.sites[0]
    spot = f"{one_line(site.site.text, 100)}{_in_loop(site)} ({one_line(where)}:{site.site.line})"
    if finding.strength is Strength.BOTH:
        from_there = "below this function" if finding.at_most else "asked for from there"
        part = finding.frame_share if finding.at_most else finding.share
        return f"{spot}; {human_share(part)} of the {noun} is in {names}, {from_there}."
    if finding.strength is Strength.LINES:
        return f"{spot}, with {human_share(finding.share)} of the {noun} on {_lines(finding)}."
    return (
        f"{spot}, in a function that takes {human_share(share)} of the {noun}. The profile does not tell its lines: how "
        "much of it this is, is to be confirmed."
    )


def _lines(finding: Finding) -> str:
    """``this line``, or what else the share is the sum of."""
    if len(finding.sites) > 1:
        return f"the lines of {len(finding.sites)} such places"
    site = finding.sites[0].site
    return (
        "this line" if site.first_line == site.last_line else f"lines {site.first_line} to {site.last_line}"
    )


def _in_loop(site: SiteShare) -> str:
    loop = site.site.loop_line
    return "" if loop is None else f" inside the loop at {loop}"


def root_cause(findings: tuple[Finding, ...], where: str, share: float, noun: str) -> str:
    """Return Root Cause: the main finding's claim and why that costs, then what else was found."""
    main, *others = findings
    out = [paragraph(f"{main.rule.title}: {claim(main, where, share, noun)}"), paragraph(main.rule.why)]
    if main.strength is Strength.FRAMES:
        out.append(
            paragraph(
                "Measured is what it went to; which code asks for it is to be found in the lines and callers below."
            )
        )
    if others:
        out.append(paragraph("Also found here:"))
        out += [
            bullet(f"{f.rule.title}: {claim(f, where, share, noun)} (rule {f.rule.id})")
            for f in others[:_MOST_OTHERS]
        ]
    return "".join(out)


def evidence_rows(findings: tuple[Finding, ...], where: str) -> list[tuple[str, str]]:
    """Return the rows of Evidence: a share (empty where the profile has no lines) and the code it is of."""
    rows = []
    for finding in findings[: 1 + _MOST_OTHERS]:
        for found in finding.sites[:_MOST_SITES]:
            share = human_share(found.share) if found.share is not None else ""
            code = one_line(found.site.code, 90)
            rows.append((share, f"{one_line(where)}:{found.site.line}  {code}{_marked(finding, found)}"))
        if finding.frames is not None:
            names = ", ".join(one_line(name, 50) for name in finding.frames.names)
            rows.append((human_share(finding.frame_share), f"in {names} below it  [{finding.rule.id}]"))
    return rows


def _marked(finding: Finding, found: SiteShare) -> str:
    loop = found.site.loop_line
    return f"  [{finding.rule.id}{'' if loop is None else f', loop at {loop}'}]"


def approach(findings: tuple[Finding, ...]) -> str:
    """Return Approach: the rule's steps, and what they are called in the language at hand."""
    main, *others = findings
    out = [
        paragraph(
            f"A change of {main.rule.order}. In the order to try, one at a time; none of it is measured here:"
        )
    ]
    out += [bullet(_sentence(step)) for step in main.rule.approach]
    named = main.rule.instead.get(main.language or "", "")
    if named:
        out.append(paragraph(f"In {_LANGUAGE[main.language or '']}: {named}."))
    out.append(paragraph(f"More: hotspot rules {main.rule.id}"))
    if others:
        more = ", ".join(f.rule.id for f in others[:_MOST_OTHERS])
        out.append(paragraph(f"What else was found waits until this is measured: {more}."))
    return "".join(out)


def too_small(findings: tuple[Finding, ...]) -> str:
    """Say which rules match less than they ask for; empty where none matches at all."""
    if not findings:
        return ""
    parts = [
        f"{f.rule.id} matches {human_share(f.share)} of the profile and asks for {human_share(f.rule.min_share)}"
        for f in findings[:_MOST_OTHERS]
    ]
    more = len(findings) - len(parts)
    return " at the share that it asks for: " + "; ".join(parts) + (f"; {more} more" if more else "")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def expected_impact(finding: Finding, noun: str, samples: int | None) -> str:
    """Return the first paragraph of Expected Impact: the ceiling, the typical range, and what they rest on."""
    impact, rule = finding.impact, finding.rule
    low, high = rule.gain
    share = human_share(impact.share)
    part = "at most this function's " if finding.at_most else "the "
    if noun == "time":
        ceiling = (
            f"At most {_times(impact.ceiling)} as fast ({share} less time) if {part}{share} cost nothing"
        )
        typical = (
            f"with the {low:g}-{high:g}x that is typical for this change: {human_share(impact.low)} to "
            f"{human_share(impact.high)} of the run ({_times(impact.low)} to {_times(impact.high)} as fast)"
        )
    else:
        ceiling = f"At most {share} less {noun} if {part}{share} went away"
        typical = (
            f"with the {low:g}-{high:g}x that is typical for this change: {human_share(impact.low)} to "
            f"{human_share(impact.high)} less"
        )
    if impact.interval and samples:
        # Not +-: near 0 and 100% the interval is not symmetric.
        least, most = (human_share(end) for end in impact.interval)
        basis = f"Share {share} ({least} to {most}, 95%, Wilson) from {samples:,} samples"
    else:
        basis = f"Share {share}; samples are not counted, so it has no interval"
    return paragraph(
        f"{ceiling}; {typical}. {basis}. Arithmetic (Amdahl's law) on a typical gain; the gain is not measured here."
    )


def _times(saving: float) -> str:
    factor = speedup(saving)
    return f"{factor:.2f}x" if math.isfinite(factor) and factor < 1000 else "any number of times"
