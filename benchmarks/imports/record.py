"""Make large inputs from real recordings: several programs under perf until the text is large enough.

    python benchmarks/imports/record.py FOLDER --megabytes 200

FOLDER gets ``perf.txt`` (what `perf script` prints, several programs one after the other, leaf addresses as perf gives
them) and, converted from it by hotspot, ``perf.folded``, ``perf.svg``, ``perf.speedscope.json`` and ``perf.pb.gz``. Nothing is
repeated: every sample was taken.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from hotspot.exporters.registry import EXPORTERS
from hotspot.importers.registry import load

ROOT = Path(__file__).resolve().parents[2]
RATE = 15_000

# Real work in C, C++ and Python, with shallow and with deep stacks; `{root}` is this repository.
PROGRAMS = (
    ["python3", "-c", "import compileall; compileall.compile_dir('/usr/lib/python3', force=True, quiet=2, workers=1)"],
    ["gcc", "-O2", "-c", "-o", "/dev/null", "{root}/sample-profiles/programs/csvstat/csvstat.c"],
    ["python3", "{root}/sample-profiles/programs/loglens/before/loglens.py"],
    ["git", "-C", "{root}", "log", "-p", "--stat"],
    ["sh", "-c", "find /usr/lib -name '*.py' | xargs cat | sort | xz -1 | sha256sum"],
    ["grep", "-rc", "e.*e.*e", "/usr/include"],
    ["{folder}/interpreter", "20"],
)  # fmt: skip
INTERPRETER = ROOT / "benchmarks/imports/programs/interpreter.cpp"  # eight threads, deep and ever new stacks
FLAGS = "-O1 -g -fno-omit-frame-pointer -fno-optimize-sibling-calls -pthread"


def main() -> None:
    """Record until the text has the wanted size, then convert it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--megabytes", type=int, default=200)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    compiler = ["g++", *FLAGS.split(), "-o", str(options.folder / "interpreter"), str(INTERPRETER)]
    subprocess.run(compiler, check=True)
    text = options.folder / "perf.txt"
    wanted = options.megabytes * 10**6
    with text.open("wb") as out:
        while out.tell() < wanted:
            for program in PROGRAMS:
                record(program, options.folder / "one.data", out)
    for left in options.folder.glob("one.data*"):
        left.unlink()
    profile = load(str(text))
    print(
        f"{text}: {text.stat().st_size / 1e6:.0f} MB, {profile.sample_count:,} samples, {profile.stack_count:,} stacks"
    )
    for name, suffix in (
        ("folded", "folded"),
        ("svg", "svg"),
        ("speedscope", "speedscope.json"),
        ("pprof", "pb.gz"),
    ):
        exporter = next((e for e in EXPORTERS if e.name == name), None)
        if exporter is not None:
            with (options.folder / f"perf.{suffix}").open("wb") as out:
                out.writelines(exporter.write(profile))


def record(program: list[str], data: Path, out) -> None:  # type: ignore[no-untyped-def]  # a binary file
    """Record one program and append its text."""
    command = [word.format(root=ROOT, folder=data.parent) for word in program]
    perf = ["perf", "record", "-q", "-F", str(RATE), "-g", "-o", str(data), "--", *command]
    subprocess.run(
        perf, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, check=False
    )
    before = out.tell()
    subprocess.run(["perf", "script", "-i", str(data)], stdout=out, stderr=subprocess.DEVNULL, check=True)
    out.seek(0, 2)
    print(f"{command[0]}: {(out.tell() - before) / 1e6:.1f} MB", file=sys.stderr)


main()
