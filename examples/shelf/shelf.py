"""Shelf: a full-text search over a folder of notes, in one file and without dependencies.

    python shelf.py --notes 3000 --queries 400        # over notes it makes up, the same every time
    python shelf.py --folder ~/notes "slow query"     # over text files of your own

It reads notes, indexes their words, finds those that hold every word of a query, ranks them by BM25 and cuts a snippet.
It is several times slower than it need be; docs/worked-example.md finds out where, and mends it.
"""

from __future__ import annotations

import argparse
import copy
import heapq
import math
import random
import re
from collections import Counter
from pathlib import Path

WORD = re.compile(r"[a-z0-9]+")
ENDINGS = ("ings", "ing", "ies", "ed", "es", "s")
SYLLABLES = (
    "ba",
    "co",
    "di",
    "fu",
    "ga",
    "hi",
    "jo",
    "ku",
    "la",
    "me",
    "ni",
    "po",
    "ra",
    "se",
    "ti",
    "vu",
    "wo",
)


class Shelf:
    """An index: for each word, the notes that hold it and how often."""

    def __init__(self) -> None:
        self.titles: list[str] = []
        self.texts: list[str] = []
        self.lengths: list[int] = []
        self.words = 0
        self.postings: dict[str, dict[int, int]] = {}

    def add(self, title: str, text: str) -> None:
        """Put a note on the shelf."""
        note = len(self.titles)
        words = words_of(text)
        self.titles.append(title)
        self.texts.append(text)
        self.lengths.append(len(words))
        self.words += len(words)
        for word, count in Counter(words).items():
            self.postings.setdefault(word, {})[note] = count

    def search(self, query: str, most: int = 5) -> list[tuple[float, str, str]]:
        """Return score, title and snippet of the best notes that hold every word of the query."""
        words = words_of(query)
        notes = self.holding_all(words)
        best: list[tuple[float, int]] = []
        for note in notes:
            heapq.heappush(best, (self.score(note, words), note))
            if len(best) > most:
                heapq.heappop(best)
        ranked = sorted(best, reverse=True)
        return [(score, self.titles[note], snippet(self.texts[note], words)) for score, note in ranked]

    def holding_all(self, words: list[str]) -> set[int]:
        """Return the notes that hold every one of the words, beginning with the rarest."""
        lists = sorted((self.postings.get(word, {}) for word in words), key=len)
        if not lists:
            return set()
        found = set(lists[0])
        for postings in lists[1:]:
            found = {note for note in found if note in postings}
        return found

    def score(self, note: int, words: list[str]) -> float:
        """Return how well a note fits the words (BM25 with k = 1.2 and b = 0.75)."""
        mean = self.words / len(self.lengths)
        total = 0.0
        for word in words:
            postings = copy.deepcopy(self.postings[word])  # scoring must never change the index
            rarity = math.log(1 + (len(self.titles) - len(postings) + 0.5) / (len(postings) + 0.5))
            count = postings[note]
            length = 0.25 + 0.75 * self.lengths[note] / mean
            total += rarity * count * 2.2 / (count + 1.2 * length)
        return total


def words_of(text: str) -> list[str]:
    """Return the words of a text, without their endings."""
    return [stem(word) for word in WORD.findall(text.lower())]


def stem(word: str) -> str:
    """Cut off the most common English endings."""
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return word[: -len(ending)]
    return word


def snippet(text: str, words: list[str], width: int = 60) -> str:
    """Return the part of a text around the first of the words."""
    for match in WORD.finditer(text.lower()):
        if stem(match[0]) in words:
            begin = max(0, match.start() - width // 2)
            return text[begin : begin + width].strip()
    return text[:width].strip()


def made_up_notes(count: int, seed: int = 7) -> list[tuple[str, str]]:
    """Return titles and texts of notes in a made-up language whose words are as unevenly common as real ones."""
    chance = random.Random(seed)
    vocabulary = ["".join(chance.choices(SYLLABLES, k=chance.randint(1, 4))) for _ in range(4000)]
    weights = [1 / (rank + 3) for rank in range(len(vocabulary))]
    return [
        (f"note {number}", " ".join(chance.choices(vocabulary, weights, k=chance.randint(20, 120))))
        for number in range(count)
    ]


def main() -> None:
    """Index, search, print what was found."""
    parser = argparse.ArgumentParser(description="Search notes.")
    parser.add_argument("query", nargs="*", help="words to look for; made up where there are none")
    parser.add_argument(
        "--folder", type=Path, help="folder of text files; notes are made up where there is none"
    )
    parser.add_argument("--notes", type=int, default=2000)
    parser.add_argument("--queries", type=int, default=300)
    options = parser.parse_args()
    if options.folder:
        notes = [
            (path.name, path.read_text(errors="replace")) for path in sorted(options.folder.glob("*.txt"))
        ]
    else:
        notes = made_up_notes(options.notes)
    shelf = Shelf()
    for title, text in notes:
        shelf.add(title, text)
    queries = [" ".join(options.query)] if options.query else queries_from(notes, options.queries)
    hits = 0
    for query in queries:
        found = shelf.search(query)
        hits += len(found)
        if options.query:
            for score, title, part in found:
                print(f"{score:6.2f}  {title}: {part}")
    print(f"{len(notes)} notes, {len(queries)} queries, {hits} hits")


def queries_from(notes: list[tuple[str, str]], count: int, seed: int = 8) -> list[str]:
    """Return queries of two or three words that stand together in some note."""
    chance = random.Random(seed)
    queries = []
    for _ in range(count):
        words = chance.choice(notes)[1].split()
        begin = chance.randrange(len(words) - 3)
        queries.append(" ".join(words[begin : begin + chance.randint(2, 3)]))
    return queries


if __name__ == "__main__":
    main()
