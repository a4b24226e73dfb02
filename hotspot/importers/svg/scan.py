r"""Finding the frames of flame graph SVGs: text in, one `Drawing` of columns a picture out.

One tolerant scanner, no XML parser. Real files hold unescaped ``&``, ``<`` and ``"`` in names, control characters,
undeclared encodings, and sit inside HTML pages; a conforming parser refuses all of these, and browsers show most. The
scanner looks only at the tags a flame graph is made of and skips comments, CDATA, scripts and styles whole. Entities
that a document declares are never expanded, so they cannot be used to blow up memory. Every search is bounded or
ends the scan, so the work is linear in the size of the text.

A frame written exactly as flamegraph.pl since 2015 or inferno write it is one token, of which one expression takes the
columns: nearly all frames of nearly all files are. Any other is read tag by tag, with the same result.

How generations of tools say what a frame is::

    <rect x= y= width= onmouseover="s('NAME (12 samples, 3.40%)')"/>                flamegraph.pl 2011-13
    <g class="func_g" onmouseover="s('...')"><title>NAME (...)</title><rect/></g>   flamegraph.pl 2013-15
    <g ...><title>NAME (...)</title><a xlink:href=...><rect/></a></g>               flamegraph.pl with --nameattr
    <g><title>NAME (...)</title><rect x="1.5%" fg:x="15" fg:w="17"/></g>            inferno, py-spy, cargo-flamegraph

Sources: flamegraph.pl and inferno's ``src/flamegraph``, as their repositories hold them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hotspot.errors import MalformedProfile
from hotspot.importers.svg.drawing import Drawing

_VALUE = r"""[^"'<>]*"""
# A whole frame; its groups are `Columns`. Nothing in it can be or hold another tag, a comment, or hover text: of
# parentheses only those of `s(this)` and `c()` are let through.
_FRAME = (
    r"""g(?:\s+[\w:-]+="(?:[^"'&<>(]++|\(this\)|\(\))*+")*+\s*+>\s*+<title>([^<]*)</title>\s*+"""
    rf'<rect\s+x="({_VALUE})"\s+y="({_VALUE})"\s+width="({_VALUE})"\s+height="({_VALUE})"\s+fill="([^"<>]?){_VALUE}"'
    rf'(?:\s+fg:x="([0-9]*)"\s+fg:w="([0-9]*)")?+(?:\s+r[xy]="{_VALUE}")*+\s*+/>\s*+'
    r"(?:<text(?:\s[^<>]*)?+>[^<]*</text>\s*+)?+</g>(?P<frame>)"
)
_TOKEN = re.compile(
    rf"<(?:{_FRAME}"
    r"|(?P<skip>!--|!\[CDATA\[)"
    r"|/(?:[A-Za-z_][\w.-]*:)?(?P<close>svg|g|a)(?=[\s>])"
    r"|(?:[A-Za-z_][\w.-]*:)?(?P<open>rect|title|g|a|svg|script|style)(?=[\s/>]))"
)
# The rest of a tag. The second branch lets a raw quote stand inside the oldest generation's hover text.
_TAG_REST = re.compile(r"""(?:[^>"'=]++|="s\('.{0,4000}?'\)"(?=[\s/>])|=|"[^"]*+"|'[^']*+')*+>""", re.DOTALL)
_ATTRIBUTE = re.compile(r"""([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_QUOTE = r"""(?:'|"|&apos;|&quot;|&\#3[49];)"""
_HOVER = re.compile(rf"""onmouseover\s*=\s*["']\s*s\(\s*{_QUOTE}(.*?){_QUOTE}\s*\)\s*;?\s*["']""", re.DOTALL)
_SKIPPED = {"!--": "-->", "![CDATA[": "]]>"}
_END_OF = {name: re.compile(rf"</(?:[A-Za-z_][\w.-]*:)?{name}\s*>") for name in ("title", "script", "style")}
# What follows a title that belongs to the rectangle before it: the end of their group, or of the rectangle.
_ENDS_GROUP = re.compile(r"\s*(?:<[^<>]{0,2000}>[^<]*</[^<>]*text>\s*)?</")
_TEXT = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?text(?:\s[^>]{0,2000})?>([^<]*)</")
_ENTITY = re.compile(r"&(?:(lt|gt|amp|quot|apos|nbsp)|#(\d{1,7})|#[xX]([0-9A-Fa-f]{1,6}));")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'", "nbsp": "\u00a0"}


@dataclass
class _Group:
    """What is known of the frame being read: a ``<g>`` or ``<a>``, or what follows the last one."""

    title: str | None = None
    hover: str | None = None
    rect: dict[str, str] | None = None
    rect_end: int = 0


def scan(text: str, path: str) -> list[Drawing]:
    """Return the outermost ``<svg>`` elements of a document, with whatever frames they hold.

    Raises:
        MalformedProfile: the document ends inside a drawing, or inside a tag of one.
    """
    drawings: list[Drawing] = []
    group = _Group()
    drawing = Drawing()
    depth = 0
    resume = 0
    caption_from = 0
    while token := _TOKEN.search(text, resume):
        kind = token.lastgroup
        resume = token.end()
        if kind == "frame":
            if depth:
                drawing.add(token.groups()[:8])  # type: ignore[arg-type]  # a `Row`
                drawing.titles += 1
            group.title = group.hover = group.rect = None
            continue
        start = token.start()
        if kind == "skip":
            mark = _SKIPPED[token["skip"]]
            end = text.find(mark, resume)
            if end < 0:
                raise _cut_off(text, start, path, drawing)
            resume = end + len(mark)
            continue
        if kind == "close":
            if token["close"] != "svg":
                if group.rect is not None:
                    _untitled(text, start, group, drawing)
                group = _Group()
            elif depth:
                depth -= 1
                if not depth:
                    group = _Group()
                    if caption := _TEXT.search(text, caption_from, start):
                        drawing.caption = unescape(caption[1]).strip()
            continue
        name = token["open"]
        if not depth and name not in ("svg", "script", "style"):
            continue
        rest = _TAG_REST.match(text, resume)
        if rest is None:
            raise _cut_off(text, start, path, drawing)
        tag = rest[0]
        resume = rest.end()
        content = ""
        if name in _END_OF and not tag.endswith("/>"):
            content_end = _END_OF[name].search(text, resume)
            if content_end is None:
                raise _cut_off(text, start, path, drawing)
            content = text[resume : content_end.start()]
            resume = content_end.end()
        if name == "rect":
            _rect(tag, group, drawing)
            group.rect_end = resume
        elif name == "title":
            group.title = content
            follows = group.rect is not None and not text[group.rect_end : start].strip()
            if follows and _ENDS_GROUP.match(text, resume):
                _emit(group, drawing)
        elif name == "g":
            group = _Group(hover=_hover(tag))
        elif name == "a":
            group.hover = _hover(tag) or group.hover
        elif name == "svg":
            if not depth:
                drawing = Drawing()
                drawings.append(drawing)
                caption_from = resume
            depth += not tag.endswith("/>")
            told = _attributes(tag)
            drawing.total_samples = drawing.total_samples or told.get("total_samples")
            drawing.is_complete = drawing.is_complete or told.get("data-narrowest") == "0"
        elif not drawing.frame_count:
            caption_from = resume
    if depth:
        raise _cut_off(text, len(text), path, drawing)
    return drawings


def unescape(text: str) -> str:
    """Resolve the entities of XML once, and again where a tool escaped them twice (``&amp;lt;``)."""
    if "&" not in text:
        return text
    text = _ENTITY.sub(_character, text)
    return _ENTITY.sub(_character, text) if "&" in text else text


def _rect(tag: str, group: _Group, drawing: Drawing) -> None:
    hover = _hover(tag)
    attributes = _attributes(tag)
    if hover is not None:
        drawing.hovers += 1
        _add(hover, attributes, drawing)
    else:
        group.rect = attributes
        if group.title is not None or group.hover is not None:
            _emit(group, drawing)


def _emit(group: _Group, drawing: Drawing) -> None:
    rect, title, hover = group.rect, group.title, group.hover
    group.rect = group.title = group.hover = None
    if rect is None:
        return
    drawing.titles += title is not None
    drawing.hovers += hover is not None
    # --nameattr may replace the one that is shown; the other still tells the count.
    if title is not None and (hover is None or title.rstrip().endswith("%)")):
        _add(title, rect, drawing)
    elif hover is not None:
        _add(hover, rect, drawing)


def _add(label: str, rect: dict[str, str], drawing: Drawing) -> None:
    """Add a frame. A picture saved while it was zoomed keeps its own coordinates as ``_orig_``."""
    get = rect.get
    x, width = get("_orig_x") or get("x", "0"), get("_orig_width") or get("width", "0")
    exact = get("fg:x"), get("fg:w")
    drawing.add((label, x, get("y", "0"), width, get("height", ""), get("fill", "")[:1], *exact))


def _untitled(text: str, end: int, group: _Group, drawing: Drawing) -> None:
    """Take the text drawn on a frame of exact width for its name: minifiers remove titles, and it may be shortened."""
    rect = group.rect or {}
    if "fg:w" in rect and (drawn := _TEXT.search(text, group.rect_end, end)):
        drawing.abbreviated += 1
        _add(drawn[1], rect, drawing)


def _hover(tag: str) -> str | None:
    if "onmouseover" not in tag:
        return None
    found = _HOVER.search(tag)
    return found[1].replace("\\'", "'") if found else None


def _attributes(tag: str) -> dict[str, str]:
    """Return the attributes of a tag; inferno's are called ``fg:`` whatever prefix a tool gave them on saving."""
    attributes = {name: double or single for name, double, single in _ATTRIBUTE.findall(tag)}
    if ":w" in tag and "fg:w" not in attributes:
        renamed = {f"fg:{key[-1]}": value for key, value in attributes.items() if key[-2:] in (":x", ":w")}
        attributes.update(renamed)
    return attributes


def _character(match: re.Match[str]) -> str:
    if match[1]:
        return _NAMED[match[1]]
    code = int(match[2]) if match[2] else int(match[3], 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else match[0]


def _cut_off(text: str, position: int, path: str, drawing: Drawing) -> MalformedProfile:
    frames = drawing.frame_count
    seen = f"after {frames:,} frames" if frames else "before its first frame"
    return MalformedProfile(
        path, f"the drawing is cut off {seen}: no </svg>", line=text.count("\n", 0, position) + 1
    )
