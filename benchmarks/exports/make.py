"""Make a big folded profile whose stacks are all distinct: 60 frames deep, the lower 20 new in each.

    python benchmarks/exports/make.py FILE --stacks 250000       # 5 million nodes; 50000 make 1 million

A stack is one of 250 ways of 40 frames from the root, and below it 20 functions at random, so a stack is 20 nodes of
its own. Weights are 1 to 1,000. The same arguments make the same file.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

FUNCTIONS = 20_000
WAYS = 250
SHARED, NEW = 40, 20
WORDS = (
    "parse",
    "emit",
    "lookup",
    "insert",
    "visit",
    "copy",
    "hash",
    "merge",
    "flush",
    "resolve",
    "encode",
    "walk",
)


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--stacks", type=int, default=250_000)
    arguments = parser.parse_args()
    choose = random.Random(20)
    names = [f"{choose.choice(WORDS)}_{choose.choice(WORDS)}_{number}" for number in range(FUNCTIONS)]
    ways = [";".join(["main", *choose.choices(names, k=SHARED - 1)]) for _ in range(WAYS)]
    with arguments.file.open("w") as out:
        for _ in range(arguments.stacks):
            below = ";".join(choose.choices(names, k=NEW))
            out.write(f"{choose.choice(ways)};{below} {choose.randint(1, 1000)}\n")


main()
