"""What a profile holds, for people."""

from __future__ import annotations

from hotspot.analysis.trust import Trust
from hotspot.report.table import Cell, Column, Report, Table, clean, clean_sentence
from hotspot.units import human_duration, human_share


def info_report(facts: Trust) -> Report:
    """Return facts line by line, then what was lost."""
    profile = facts.profile
    source = profile.provenance
    samples = profile.sample_count
    rows = [
        ("profile", clean(source.path or profile.label)),
        ("format", source.format),
        ("producer", clean(source.producer) or "unknown"),
        ("sha256", source.sha256 or "unknown"),
        ("samples", f"{samples:,}" if samples is not None else "unknown"),
        ("stacks", f"{profile.stack_count:,} distinct, at most {facts.max_depth} frames deep"),
        ("frames", f"{len(profile.frames):,} in {len(profile.call_tree):,} call-tree nodes"),
        ("threads", f"{len(profile.threads):,}" if profile.threads else "not recorded"),
        ("duration", human_duration(facts.duration_ns) if facts.duration_ns is not None else "unknown"),
    ]
    if samples and facts.duration_ns:
        rows.append(("rate", f"{samples / facts.duration_ns * 1e9:,.0f} samples/s over all threads"))
    rows += [
        ("unknown", f"{human_share(facts.unknown_share)} of the weight has no function name"),
        ("cut off", f"{human_share(facts.truncated_share)} of the stacks"),
        ("broken", f"{human_share(facts.broken_share)} of the weight has lost its callers"),
        ("skipped", f"{facts.skipped_lines:,} lines"),
    ]
    columns = (Column(""), Column("", grow=True))
    table = Table(columns, tuple((Cell(k, tone="quiet"), Cell(v)) for k, v in rows))
    parts: list[str | Cell | Table] = [
        table,
        "",
        "value types (the one marked * is ranked; --value-type picks another):",
    ]
    parts += [
        f"  {'*' if i == profile.selected else ' '} {v}  total {v.human(int(profile.samples.weight[:, i].sum()))}"
        for i, v in enumerate(profile.value_types)
    ]
    if source.losses:
        parts += ["", "lost on the way:", *(f"  - {clean(loss.text)}" for loss in source.losses)]
    else:
        parts += ["", "nothing is known to be lost"]
    if facts.advice:
        parts += [
            "",
            "to trust the next one more:",
            *(f"  - {clean_sentence(text)}" for text in facts.advice),
        ]
    return Report(tuple(parts))
