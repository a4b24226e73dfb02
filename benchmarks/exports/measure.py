"""Measure commands on one profile: CPU seconds, seconds and peak memory of the whole process, checkouts in turn.

    python benchmarks/exports/measure.py FILE [CHECKOUT ...] [--only WORD ...] [--runs 2]

Each command runs in a process of its own and reads the profile first; the row `info` tells what that costs. Of the runs the
least counts. With several checkouts of hotspot (default: this one) each takes its turn with every command, and their
outputs are compared.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]
FORMATS = ("folded", "pprof", "speedscope", "svg", "json", "rows")


def commands(profile: Path) -> dict[str, list[str]]:
    """Return what is measured, by name; `OUT` is the output file."""
    file = str(profile)
    converted = {to: ["convert", file, "OUT", "--to", to] for to in FORMATS}
    return {
        "info": ["info", file],
        **converted,
        "top": ["top", file],
        "tree": ["tree", file],
        "peek": ["peek", "main", file],
        "merge": ["merge", file, file, "-o", "OUT", "--to", "folded"],
    }


def run(checkout: Path, command: list[str], out: Path) -> tuple[float, float, float, str]:
    """Run hotspot; returns CPU seconds, seconds, peak megabytes and a digest of what it wrote."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "hotspot", *(str(out) if word == "OUT" else word for word in command)],
        env={**os.environ, "PYTHONPATH": str(checkout)},
        stdout=subprocess.PIPE,
        cwd=out.parent,
    )
    assert process.stdout
    digest = hashlib.sha256(process.stdout.read())
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    if status:
        raise SystemExit(f"{' '.join(command)}: failed")
    if out.exists():
        with out.open("rb") as written:
            while piece := written.read(1 << 20):
                digest.update(piece)
        out.unlink()
    return used.ru_utime + used.ru_stime, seconds, used.ru_maxrss / 1024, digest.hexdigest()


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("checkouts", type=Path, nargs="*", default=[HERE])
    parser.add_argument("--only", nargs="+")
    parser.add_argument("--runs", type=int, default=1)
    arguments = parser.parse_args()
    checkouts = [path.resolve() for path in arguments.checkouts]
    print(f"{arguments.file.name}, load {os.getloadavg()[0]:.0f}")
    print("| command |" + " CPU s | s | peak memory |" * len(checkouts) + " output |")
    print("|---|" + "---:|---:|---:|" * len(checkouts) + "---|")
    for name, command in commands(arguments.file.resolve()).items():
        if arguments.only and name not in arguments.only:
            continue
        results: dict[Path, list[tuple[float, float, float, str]]] = {path: [] for path in checkouts}
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(arguments.runs):
                for path in checkouts:
                    results[path].append(run(path, command, Path(folder) / "out"))
        row = f"| {name} |"
        for path in checkouts:
            cpu, seconds, memory, _ = min(results[path])
            row += f" {cpu:.1f} | {seconds:.1f} | {memory:,.0f} MB |"
        digests = {result[3] for path in checkouts for result in results[path]}
        print(row, "same |" if len(digests) == 1 else "differs |", flush=True)


main()
