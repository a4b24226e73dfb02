"""Flame graph SVGs, read back into the profile they were drawn from.

Made by flamegraph.pl (every generation since 2011), inferno and what is built on it (cargo-flamegraph, py-spy, rbspy,
pprof-rs), async-profiler 1.x, and whatever draws like them; upside down (icicle), as a flame chart, differential, in
any unit, alone or inside an HTML page.

Counts are exact: they come from the titles or from inferno's ``fg:w``, never from widths. Coordinates decide nesting
only. How it works, one module a step::

    text --scan--> labels and rectangles --counts, columns--> names, counts, edges
         --nesting--> callers --weights--> self weights --profile--> profile and losses
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence

from hotspot.errors import EmptyProfile, MalformedProfile
from hotspot.importers.base import (
    Head,
    ImporterInfo,
    ImportOptions,
    Match,
    NotThisFormat,
    Source,
    decode_text,
)
from hotspot.importers.svg.counts import Label, has_share_only, parse_label
from hotspot.importers.svg.drawing import Column, Drawing
from hotspot.importers.svg.profile import OMITTED, read_drawing
from hotspot.importers.svg.scan import scan
from hotspot.profile import Profile

__all__ = ["INFO", "OMITTED", "detect", "load"]

INFO = ImporterInfo("svg", "Flame graph SVG", (".svg", ".svgz"))

_SVG = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?svg[\s>]")
_EVIDENCE = re.compile(
    r"Flame graph stack visualization|github\.com/jonhoo/inferno|class=\"func_g\""
    r"|onmouseover=\"s\('|ERROR: No valid input provided to flamegraph"
    r"|\([\d,]{1,30} [^<%]{0,100}, \d{1,3}(?:\.\d{1,4})?%(?:; [+-]?\d{1,3}\.\d{1,4}%)?\)</(?:[\w.-]+:)?title>"
)
_NO_FRAME = "an SVG drawing, not a flame graph: no rectangle has a title such as 'main (12 samples, 3.40%)'"
_ENCODING = re.compile(rb"<\?xml[^>]{0,80}encoding\s*=\s*[\"']([\w.-]{1,40})[\"']")
_CHARSETS = re.compile(r"(iso8859|cp\d|mac-|koi8|gb|big5|euc|shift_jis|utf-16|ascii)")


def detect(head: Head) -> Match:
    """Recognise a flame graph by what its first bytes draw; an SVG without such evidence may still be one."""
    text = head.text.lstrip("\ufeff \t\r\n")
    if not text.startswith("<"):
        return Match.NO
    if _SVG.search(text):
        return Match.YES if _EVIDENCE.search(text) else Match.MAYBE
    is_page = text[:200].lower().startswith(("<!doctype html", "<html"))
    return Match.MAYBE if is_page and not head.complete else Match.NO


def load(source: Source, options: ImportOptions) -> Sequence[Profile]:
    """Read every flame graph of a document, one profile each.

    Raises:
        NotThisFormat: no drawing in it is a flame graph with counts.
        EmptyProfile: it is a flame graph without a frame.
        MalformedProfile: it is cut off, or contradicts itself beyond repair.
    """
    text = _decode(source.read())
    try:
        drawings = scan(text, source.path)
    except MalformedProfile as error:
        if _EVIDENCE.search(text):
            raise
        raise NotThisFormat(source.path, error.reason, line=error.line) from error
    reasons: list[str] = []
    profiles: list[Profile] = []
    for drawing in drawings:
        if not drawing.frame_count:
            reasons.append(_NO_FRAME)
            continue
        texts = drawing.columns.label
        labels = Column([parse_label(text) for text in texts.distinct], texts.which)
        if reason := _unfit(drawing, labels):
            reasons.append(reason)
        else:
            profiles.append(read_drawing(drawing, labels, text, source))
    if profiles:
        return profiles
    if drawings and not any(drawing.frame_count for drawing in drawings) and _EVIDENCE.search(text):
        captions = [drawing.caption for drawing in drawings if drawing.caption.startswith("ERROR")]
        raise EmptyProfile(source.path, " ".join(["a flame graph without a frame.", *captions]))
    raise NotThisFormat(source.path, reasons[0] if reasons else "no <svg> element in it")


def _decode(data: bytes) -> str:
    """Decode by the XML declaration where it names another charset than UTF-8, else as all text is decoded."""
    if declared := _ENCODING.search(data[:200]):
        try:
            name = codecs.lookup(declared[1].decode("ascii")).name
            if _CHARSETS.match(name):
                return data.decode(name)
        except (LookupError, UnicodeDecodeError):
            pass  # the declaration is wrong
    return decode_text(data)


def _unfit(drawing: Drawing, labels: Column[Label]) -> str:
    """Say why a drawing is no flame graph that can be read; empty where it is one."""
    if any(label.count is not None for label in labels.distinct) or any(drawing.columns.exact_width.distinct):
        return ""
    if any(map(has_share_only, drawing.columns.label.distinct)):
        return "its frames give shares (%) and no counts, and a share does not tell a count"
    return "its rectangles have titles without a count, such as 'main (12 samples, 3.40%)'"
