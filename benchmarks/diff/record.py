"""Record the pools of runs behind the diff's evidence: variants in turn, quiet and beside a noisy neighbour.

python benchmarks/diff/record.py [--cache FOLDER] [--only PLAN]...      about 20 minutes with all plans

Needs perf, cc and py-spy. What is there already is not recorded again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from variants import VARIANTS, build

CACHE = Path(".diffbench")
PY_SPY = str(Path(sys.executable).with_name("py-spy"))  # hotspot depends on it
INJECTIONS = tuple(VARIANTS)


@dataclass(frozen=True)
class Plan:
    """One series of recordings: all variants once, then all of them again, so often.

    Attributes:
        language: `c` (perf), `leafless` (the same without frame pointers in leaf functions) or `py` (py-spy).
        noisy: whether a neighbour runs beside it.
        variants: in the order of one turn.
        turns: how many runs of each.
        work: rounds of the program; 1000 take about 1.1 s in C, 1.4 s in Python.
        rate: samples a second.
    """

    language: str
    noisy: bool
    variants: tuple[str, ...]
    turns: int
    work: int
    rate: int


PLANS = {
    "c-aa": Plan("c", False, ("base",), 24, 3600, 4999),
    "c-aa-noisy": Plan("c", True, ("base",), 20, 3600, 4999),
    "c-inject": Plan("c", False, ("base", *INJECTIONS), 8, 1800, 1999),
    "c-inject-noisy": Plan("c", True, ("base", *INJECTIONS), 6, 1800, 1999),
    "c-leafless": Plan("leafless", False, ("base", "self-small", "rename", "inline", "split"), 7, 1800, 1999),
    "py-aa": Plan("py", False, ("base",), 16, 2900, 1000),
    "py-aa-noisy": Plan("py", True, ("base",), 16, 2900, 1000),
    "py-inject": Plan("py", False, ("base", *INJECTIONS), 7, 2900, 1000),
}


def record(plan: Plan, folder: Path) -> None:
    """Record a plan; each run's facts are a line of ``runs.jsonl``."""
    folder.mkdir(parents=True, exist_ok=True)
    commands = {variant: build(plan.language, variant, CACHE) for variant in plan.variants}
    neighbour = _neighbour() if plan.noisy else None
    suffix = "folded" if plan.language == "py" else "data"
    try:
        for turn in range(plan.turns):
            for variant in plan.variants:
                target = folder / f"{variant}-{turn:02d}.{suffix}"
                if target.exists():
                    continue
                load, begin = os.getloadavg()[0], time.time()
                _run(plan, [*commands[variant], str(plan.work)], target)
                facts = {
                    "file": target.name,
                    "variant": variant,
                    "turn": turn,
                    "begin": begin,
                    "seconds": time.time() - begin,
                    "load": load,
                }
                with (folder / "runs.jsonl").open("a") as log:
                    log.write(json.dumps(facts) + "\n")
    finally:
        if neighbour is not None:
            neighbour.kill()
            neighbour.wait()


def _run(plan: Plan, command: list[str], target: Path) -> None:
    if plan.language != "py":
        recorder = [
            "perf",
            "record",
            "-q",
            "-F",
            str(plan.rate),
            "-g",
            "-e",
            "cpu-clock",
            "-o",
            str(target),
            "--",
        ]
    else:
        recorder = [PY_SPY, "record", "-r", str(plan.rate), "-f", "raw", "-o", str(target), "--"]
    done = subprocess.run([*recorder, *command], capture_output=True, text=True, check=False)
    if done.returncode or not target.exists():
        raise SystemExit(f"{' '.join(recorder)} failed:\n{done.stderr}")


def _neighbour() -> subprocess.Popen[bytes]:
    program = CACHE / "builds" / "neighbour"
    source = Path(__file__).parent / "programs" / "neighbour.c"
    subprocess.run(["cc", "-O1", "-o", str(program), str(source)], check=True)
    return subprocess.Popen([str(program), "7"])


def main() -> None:
    global CACHE
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--only", action="append", choices=sorted(PLANS))
    options = parser.parse_args()
    CACHE = options.cache
    for name in options.only or PLANS:
        begin = time.time()
        record(PLANS[name], CACHE / "runs" / name)
        print(f"{name}: {time.time() - begin:.0f} s", flush=True)


if __name__ == "__main__":
    main()
