"""The programs and their variants: what is changed in the text, by how many points, and who is to be named for it."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs"


@dataclass(frozen=True)
class Variant:
    """One change of the base program.

    Attributes:
        kind: `self`, `caller`, `subtree` or `refactor`.
        points: the injected slowdown, in hundredths of a round; 0 for a refactoring.
        culprits: who may be named first: function, or (caller, callee).
        edits: for each language, texts and what they become.
    """

    kind: str
    points: float
    culprits: tuple[str | tuple[str, str], ...]
    edits: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)


def _both(*edits: tuple[str, str], **cost: str) -> dict[str, tuple[tuple[str, str], ...]]:
    """Edits that read alike in both languages; C's statements end with a semicolon, which the texts leave out."""
    return {"c": edits, "py": edits}


VARIANTS: dict[str, Variant] = {
    # A function with few samples, one caller.
    "self-small": Variant(
        "self",
        2.0,
        ("tax",),
        {"c": (("spend(3.0 / 4)", "spend(5.0 / 4)"),), "py": (("SPEND(3.0 / 4)", "SPEND(5.0 / 4)"),)},
    ),
    # Not a leaf, one caller.
    "self-inner": Variant(
        "self",
        2.0,
        ("sort_rows",),
        {"c": (("spend(7.0 / 8);\n    less", "spend(9.0 / 8);\n    less"),), "py": (("SPEND(7.0 / 8)", "SPEND(9.0 / 8)"),)},
    ),
    # A leaf with one caller: slower, or called more; no profile can tell.
    "self-leaf": Variant(
        "self",
        2.0,
        ("match_length",),
        {"c": (("{ spend(7.0 / 8)", "{ spend(9.0 / 8)"),), "py": (("CUT(7.0 / 8)", "CUT(9.0 / 8)"),)},
    ),
    # Two callers, 30% and 70%.
    "self-shared": Variant("self", 2.0, ("hash_key",), _both(("hash_key(2.1 / 4)", "hash_key(2.7 / 4)"), ("hash_key(4.9 / 8)", "hash_key(6.3 / 8)"))),
    # Two callers, 92% and 8%: what the minor one shows decides between "slower" and "called more".
    "self-dominant": Variant("self", 2.5, ("crc_step",), _both(("crc_step(0.64 / 4)", "crc_step(0.84 / 4)"), ("crc_step(7.36 / 32)", "crc_step(9.66 / 32)"))),
    # The same totals, but one caller calls more: an even one, the minor one, the dominant one.
    "caller-even": Variant("caller", 2.5, (("format_row", "round_cents"),), {
        "c": (("for (int i = 0; i < 4; i++) round_cents", "for (int i = 0; i < 7; i++) round_cents"),),
        "py": (("for _ in range(4):\n        round_cents", "for _ in range(7):\n        round_cents"),),
    }),
    "caller-minor": Variant("caller", 2.56, (("format_row", "crc_step"),), {
        "c": (("    crc_step(0.64 / 4)", "    for (int i = 0; i < 5; i++) crc_step(0.64 / 4)"),),
        "py": (("    crc_step(0.64 / 4)", "    for _ in range(5):\n        crc_step(0.64 / 4)"),),
    }),
    "caller-dominant": Variant("caller", 2.76, (("emit_byte", "crc_step"),), {
        "c": (("for (int i = 0; i < 4; i++) crc_step(7.36 / 32)", "for (int i = 0; i < 11; i++) crc_step(7.36 / 64)"),),
        "py": (("for _ in range(4):\n        crc_step(7.36 / 32)", "for _ in range(11):\n        crc_step(7.36 / 64)"),),
    }),
    # A phase of several functions runs more often.
    "subtree": Variant("subtree", 2.9, ("price_orders", ("main", "price_orders")), {
        "c": (("for (int i = 0; i < 4; i++) price_orders", "for (int i = 0; i < 5; i++) price_orders"),),
        "py": (("for _ in range(4):\n            price_orders", "for _ in range(5):\n            price_orders"),),
    }),
    "rename": Variant("refactor", 0, (), {
        "c": (("match_length", "longest_match"), ("find_slot", "probe_table")),
        "py": (("match_length", "longest_match"), ("find_slot", "probe_table")),
    }),
    "inline": Variant("refactor", 0, (), {
        "c": (("OUT_OF_LINE void swap_rows", "IN_LINE void swap_rows"), ("OUT_OF_LINE void discount", "IN_LINE void discount")),
        "py": (("    swap_rows()\n", "    SPEND(4.0 / 8)\n"), ("    discount()\n", "    SPEND(4.0 / 4)\n    round_cents(2.1 / 4)\n")),
    }),
    "split": Variant("refactor", 0, (), {
        "c": (
            ("OUT_OF_LINE void sort_rows(void)\n{\n    spend(7.0 / 8);", "OUT_OF_LINE void partition_rows(void) { spend(4.0 / 8); }\n\nOUT_OF_LINE void sort_rows(void)\n{\n    spend(3.0 / 8);\n    partition_rows();"),
        ),
        "py": (("def sort_rows():\n    SPEND(7.0 / 8)", "def partition_rows():\n    SPEND(4.0 / 8)\n\n\ndef sort_rows():\n    SPEND(3.0 / 8)\n    partition_rows()"),),
    }),
}  # fmt: skip

_LOOPS = {
    "SPEND": "    x = 1\n    for number in NUMBERS[: int(({0}) * 260)]:\n        x = (x * 31 + number) & 65535\n",
    "LOOK": "    x = 0\n    for key in KEYS[: int(({0}) * 420)]:\n        x ^= NAMES[key]\n",
    "CUT": '    x = 0\n    for key in KEYS[: int(({0}) * 130)]:\n        x += len(key.split("m"))\n',
}


def source(language: str, variant: str) -> str:
    """Return the program's text with a variant's edits; each edited text must be there."""
    text = (PROGRAMS / {"c": "ledger.c", "py": "ledger.py.in"}[language]).read_text()
    for old, new in VARIANTS[variant].edits[language] if variant in VARIANTS else ():
        if old not in text:
            raise ValueError(f"{variant}: {old!r} is not in the {language} program")
        text = text.replace(old, new)
    if language == "py":
        for word, loop in _LOOPS.items():
            text = re.sub(
                rf"^    {word}\((.+)\)\n", lambda m, loop=loop: loop.format(m[1]), text, flags=re.MULTILINE
            )
    return text


def build(language: str, variant: str, folder: Path) -> list[str]:
    """Write and compile a variant below ``folder``; return the command that runs it, to be given its rounds."""
    place = folder / "builds" / language / variant
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"ledger.{language}"
    text = source(language, variant)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
    if language == "py":
        return [sys.executable, str(path)]
    program = place / "ledger"
    flags = [
        "-O1",
        "-g",
        "-fno-omit-frame-pointer",
        "-mno-omit-leaf-frame-pointer",
        "-fno-optimize-sibling-calls",
        "-falign-functions=64",
        "-falign-loops=64",
    ]
    subprocess.run(["cc", *flags, "-o", str(program), str(path)], check=True)
    return [str(program)]
