"""What do the messages of a service's log talk about, how often, and how slow were the requests?

Reads log lines (here: lines it generates itself, always the same for a seed), normalises their words,
counts words, pairs and message shapes, and prints a report.

    python3 loglens.py [LINES]
"""

import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

LINE = re.compile(r"(?P<time>\S+) (?P<level>[A-Z]+) (?P<service>[\w-]+): (?P<message>.*) took (?P<ms>\d+)ms$")
WORD = re.compile(r"[a-z]+")
NUMBER = re.compile(r"\d+")
SUFFIXES = ("ations", "ation", "ings", "ing", "edly", "ed", "ers", "er", "es", "s")

# A set: tokenise() asks it about every word of every message.
STOP_WORDS = {
    "a", "about", "above", "after", "again", "against", "all", "also", "am", "an", "and", "any", "are", "as",
    "at", "back", "be", "became", "because", "been", "before", "being", "below", "between", "both", "but",
    "by", "can", "cannot", "come", "could", "did", "do", "does", "doing", "down", "during", "each", "either",
    "ever", "every", "few", "for", "from", "further", "get", "got", "had", "has", "have", "having", "he",
    "her", "here", "hers", "him", "his", "how", "i", "if", "in", "into", "is", "it", "its", "itself", "just",
    "least", "less", "like", "made", "many", "may", "me", "might", "more", "most", "must", "my", "near",
    "never", "no", "nor", "not", "now", "of", "off", "on", "once", "one", "only", "onto", "or", "other",
    "our", "out", "over", "own", "per", "quite", "rather", "said", "same", "see", "seen", "several", "she",
    "should", "since", "so", "some", "still", "such", "than", "that", "the", "their", "them", "then", "there",
    "these", "they", "this", "those", "though", "through", "till", "to", "too", "toward", "two", "under",
    "until", "up", "upon", "us", "very", "was", "we", "well", "went", "were", "what", "when", "where",
    "whether", "which", "while", "who", "why", "will", "with", "within", "without", "would", "yet", "you",
    "your",
}  # fmt: skip

LEVELS = ("INFO", "INFO", "INFO", "INFO", "DEBUG", "DEBUG", "WARN", "ERROR")
SERVICES = ("checkout", "search-api", "billing", "mailer", "auth", "inventory")
SUBJECTS = ("the scheduled backup", "a pending invoice", "this customer session", "an upstream connection")
ACTIONS = ("was retried after waiting for", "is being delayed by", "could not match", "has replaced")
OBJECTS = ("every expired reservation", "the rejected payments", "several cached pages", "one locked row")
TAILS = ("because the worker restarted", "while reading shards", "within its deadlines", "before closing")


@dataclass
class Summary:
    """Everything the report needs, gathered line by line."""

    words: Counter[str] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    shapes: Counter[str] = field(default_factory=Counter)
    hours: Counter[int] = field(default_factory=Counter)
    latencies: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    skipped: int = 0


def generate(lines: int, seed: int = 20) -> Iterator[str]:
    rng = random.Random(seed)
    for number in range(lines):
        second = number * 86_400 // lines
        stamp = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
        message = " ".join(rng.choice(part) for part in (SUBJECTS, ACTIONS, OBJECTS, TAILS))
        milliseconds = int(rng.expovariate(1 / 40)) + 1
        level, service = rng.choice(LEVELS), rng.choice(SERVICES)
        yield f"{stamp} {level} {service}: {message} request {number} took {milliseconds}ms"


def parse(line: str) -> dict[str, str] | None:
    match = LINE.match(line)
    return match.groupdict() if match else None


def tokenise(message: str) -> list[str]:
    words = []
    for word in WORD.findall(message.lower()):
        if word not in STOP_WORDS:
            words.append(word)
    return words


def stem(word: str) -> str:
    for suffix in SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word[: -len(suffix)]
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls":
        word = word[:-1]
    return word


def shape(message: str) -> str:
    return NUMBER.sub("#", message)


def count_words(summary: Summary, words: list[str]) -> None:
    counts = summary.words
    for word in words:
        counts[word] += 1


def count_pairs(summary: Summary, words: list[str]) -> None:
    counts = summary.pairs
    previous = "^"
    for word in words:
        counts[previous, word] += 1
        previous = word


def count_latency(summary: Summary, record: dict[str, str]) -> None:
    summary.hours[int(record["time"][:2])] += 1
    summary.latencies[record["service"]].append(int(record["ms"]))


def analyse(lines: Iterator[str]) -> Summary:
    summary = Summary()
    for line in lines:
        record = parse(line)
        if record is None:
            summary.skipped += 1
            continue
        words = [stem(word) for word in tokenise(record["message"])]
        count_words(summary, words)
        count_pairs(summary, words)
        count_latency(summary, record)
        summary.shapes[shape(record["message"])] += 1
    return summary


def percentile(values: list[int], percent: int) -> int:
    return sorted(values)[(len(values) - 1) * percent // 100]


def table(title: str, rows: list[tuple[str, int]]) -> str:
    widest = max((count for _, count in rows), default=1)
    body = [f"  {name:<44.44} {count:>8,} {'#' * (24 * count // widest)}" for name, count in rows]
    return "\n".join([title, *body, ""])


def render(summary: Summary) -> str:
    parts = [
        table("Words", summary.words.most_common(10)),
        table("Pairs", [(" ".join(pair), count) for pair, count in summary.pairs.most_common(10)]),
        table("Messages", summary.shapes.most_common(5)),
        table("Lines by hour", [(f"{hour:02}h", count) for hour, count in sorted(summary.hours.items())]),
    ]
    for percent in (50, 90, 99):
        rows = [(name, percentile(values, percent)) for name, values in sorted(summary.latencies.items())]
        parts.append(table(f"Latency p{percent} (ms)", rows))
    return "\n".join([*parts, f"{summary.skipped} lines skipped"])


def main(arguments: list[str]) -> None:
    lines = int(arguments[0]) if arguments else 400_000
    print(render(analyse(generate(lines))))


if __name__ == "__main__":
    main(sys.argv[1:])
