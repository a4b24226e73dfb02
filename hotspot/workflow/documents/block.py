"""Blocks: the lines of a Markdown document that hotspot keeps up to date, among those that are a person's.

A block stands between two HTML comments, which Markdown does not show. The first one holds six hexadecimal digits
of the SHA-256 of each line as hotspot wrote it::

    <!-- hotspot:begin TOKENISE 3fa9c1 88ab02 -->
    - **Current:** 41.6% of the run
    - **Risk:** none, I asked the users
    <!-- hotspot:end -->

Here the first line still has its digits and is hotspot's to rewrite; the second has none, so a person changed it and it
stays. A line is known again by its key: the label in bold, or the first cell of a table's row, below the same heading. A box
that a person ticks or clears (``- [x]``) does not make a line theirs: whoever writes the block reads its boxes first. What
stands outside blocks is never touched.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_BEGIN = re.compile(r"^<!-- hotspot:begin (\S+)((?: [0-9a-f]{6})*) -->[ \t]*\n", re.MULTILINE)
_END = re.compile(r"^<!-- hotspot:end -->[ \t]*(?:\n|\Z)", re.MULTILINE)
_SECTION = re.compile(r"^## .*$", re.MULTILINE)
_LABEL = re.compile(r"^(?:[-*] (?:\[[ xX]\] )?)?\*\*([^*]+?):?\*\*")
_TICK = re.compile(r"^([-*] \[)[ xX](\])")
_ROW = re.compile(r"^\|\s*(?!:?-+:?\s*\|)([^|]+?)\s*\|")


@dataclass(frozen=True)
class Block:
    """One block of a document.

    Attributes:
        key: names it within the document; without white space.
        lines: as they stand, without line ends.
        written: digests of lines as hotspot wrote them.
        raw: as it was read, comments included; None for one that hotspot made or changed.
    """

    key: str
    lines: tuple[str, ...]
    written: frozenset[str]
    raw: str | None = None

    @property
    def text(self) -> str:
        """The block with its comments, ending in a line feed."""
        if self.raw is not None:
            return self.raw
        digests = dict.fromkeys(digest for line in self.lines if (digest := _digest(line)) in self.written)
        body = "".join(f"{line}\n" for line in self.lines)
        return f"<!-- hotspot:begin {' '.join([self.key, *digests])} -->\n{body}<!-- hotspot:end -->\n"

    def value(self, label: str) -> str | None:
        """Return what stands behind ``**label:**``, or None."""
        for line in self.lines:
            if line_key(line) == label:
                return line.partition("**")[2].partition("**")[2].strip()
        return None

    def updated(self, lines: Sequence[str]) -> Block:
        """Return the block with new lines from hotspot; a person's lines stay.

        A person's line stands in for the new one of the same key. One without a counterpart keeps its place behind
        the line it followed.
        """
        theirs = {i: line for i, line in enumerate(self.lines) if line.strip() and not self.is_ours(line)}
        keys = _keys(self.lines)
        free = dict(enumerate(self.lines))  # lines that nothing in the result stands for yet
        result: list[tuple[str, int | None]] = []  # a line, and where what it stands for was
        for line, key in zip(lines, _keys(lines), strict=True):
            position = _counterpart(line, key, free, keys, theirs)
            if position is not None:
                del free[position]
            result.append((theirs.pop(position, line) if position is not None else line, position))
        for position, line in theirs.items():
            if line in lines:  # the same words as hotspot's, which stand there already
                continue
            above = [i for i, (_, was) in enumerate(result) if was is not None and was < position]
            nearest = max(above, key=lambda i: result[i][1] or 0, default=-1)
            result.insert(nearest + 1, (line, position))
        return Block(self.key, tuple(line for line, _ in result), frozenset(map(_digest, lines)))

    def is_ours(self, line: str) -> bool:
        """Whether hotspot wrote a line and nobody has changed it."""
        return _digest(line) in self.written


Key = tuple[str, str] | None


def _keys(lines: Sequence[str]) -> list[Key]:
    """Of each line, the heading above it and its key; None for a line without."""
    heading, keys = "", []
    for line in lines:
        heading = line if line.startswith("#") else heading
        key = line_key(line)
        keys.append(None if key is None else (heading, key))
    return keys


def _counterpart(
    line: str, key: Key, free: Mapping[int, str], keys: Sequence[Key], theirs: Mapping[int, str]
) -> int | None:
    """Where the line stood that a new one stands for: of its key, a person's first, else of its text."""
    same = [i for i, old in free.items() if (keys[i] == key if key is not None else old == line)]
    return next((i for i in same if i in theirs), same[0] if same else None)


def new_block(key: str, lines: Sequence[str]) -> Block:
    """Return a block that holds what hotspot writes, nothing else."""
    return Block(key, tuple(lines), frozenset(map(_digest, lines)))


def line_key(line: str) -> str | None:
    """Return what a line is known again by: a label in bold, or the first cell of a table's row; else None."""
    label = _LABEL.match(line)
    if label:
        return label[1]
    row = _ROW.match(line)
    return f"| {row[1]}" if row else None


@dataclass(frozen=True)
class Document:
    """A document taken apart; ``text`` puts it together again to the byte, where no block was changed.

    Attributes:
        pieces: text of people, and blocks, in turn.
    """

    pieces: tuple[str | Block, ...]

    @property
    def text(self) -> str:
        """The whole document."""
        return "".join(piece.text if isinstance(piece, Block) else piece for piece in self.pieces)

    def block(self, key: str) -> Block | None:
        """Return the first block of a key, or None."""
        return next((p for p in self.pieces if isinstance(p, Block) and p.key == key), None)

    def updated(self, key: str, lines: Sequence[str]) -> Document:
        """Return the document with new lines in a block that it has; unchanged where it has none of that key."""
        changed = self.block(key)
        pieces = [p.updated(lines) if p is changed and isinstance(p, Block) else p for p in self.pieces]
        return Document(tuple(pieces))

    def with_added(self, section: str, *pieces: str | Block) -> Document:
        """Return the document with pieces more at the end of a section, before the next heading of its level.

        Args:
            section: the line of its heading; where the document has none, they come last.
            pieces: text that begins a line, and blocks.
        """
        inside = False
        for i, piece in enumerate(self.pieces):
            if isinstance(piece, Block):
                continue
            for heading in _SECTION.finditer(piece):
                if inside:
                    above, below = piece[: heading.start()], piece[heading.start() :]
                    return Document(
                        (*_spaced((*self.pieces[:i], above)), *pieces, below, *self.pieces[i + 1 :])
                    )
                inside = heading[0].rstrip() == section
        return Document((*_spaced(self.pieces), *pieces))


def _spaced(pieces: tuple[str | Block, ...]) -> tuple[str | Block, ...]:
    """What a new piece may follow: pieces that end in a blank line."""
    kept = tuple(piece for piece in pieces if piece != "")
    text = "".join(piece.text if isinstance(piece, Block) else piece for piece in kept[-2:])
    missing = 0 if not text or text.endswith("\n\n") else 1 if text.endswith("\n") else 2
    return (*kept, "\n" * missing) if missing else kept


def parse_document(text: str) -> Document:
    """Take a document apart. A block without an end is text: it may be half deleted, and is left alone."""
    pieces: list[str | Block] = []
    position = 0
    while (begin := _BEGIN.search(text, position)) is not None:
        end = _END.search(text, begin.end())
        inner = _BEGIN.search(text, begin.end())
        if end is None:
            break
        if inner is not None and inner.start() < end.start():
            pieces.append(text[position : inner.start()])
            position = inner.start()
            continue
        pieces.append(text[position : begin.start()])
        body = text[begin.end() : end.start()]
        lines = tuple(line.removesuffix("\r") for line in body.split("\n")[:-1])
        raw = text[begin.start() : end.end()]
        pieces.append(Block(begin[1], lines, frozenset(begin[2].split()), raw))
        position = end.end()
    pieces.append(text[position:])
    return Document(tuple(piece for piece in pieces if piece != ""))


def _digest(line: str) -> str:
    cleared = _TICK.sub(r"\1 \2", line.rstrip(), count=1)
    return hashlib.sha256(cleared.encode("utf-8", "surrogatepass")).hexdigest()[:6]
