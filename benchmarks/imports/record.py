"""Make large inputs from real recordings: programs under perf, again and again until their text is large enough.

    python benchmarks/imports/record.py FOLDER                                  # everything: half an hour, 4 GB
    python benchmarks/imports/record.py FOLDER --only compile --megabytes 1090

FOLDER gets a text for each of `RECORDINGS`, what `perf script` prints, leaf addresses as perf gives them. Of these ``perf.txt`` is
made, all with call graphs one after the other, and hotspot converts it into ``perf.folded``, ``perf.svg``,
``perf.speedscope.json`` and ``perf.pb.gz``. Nothing is repeated: every sample was taken.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from hotspot.exporters.registry import EXPORTERS
from hotspot.importers.registry import load

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(__file__).resolve().parent / "programs"
FREQUENCY = "15000"
Command = list[str]


def short_programs(_: Path) -> list[Command]:
    """Return commands with shallow stacks, in C, C++ and Python."""
    samples = ROOT / "sample-profiles/programs"
    compile_all = "compileall.compile_dir('/usr/lib/python3', force=True, quiet=2, workers=1)"
    return [
        ["python3", "-c", f"import compileall; {compile_all}"],
        ["gcc", "-O2", "-c", "-o", "/dev/null", f"{samples}/csvstat/csvstat.c"],
        ["python3", f"{samples}/loglens/before/loglens.py"],
        ["git", "-C", str(ROOT), "log", "-p", "--stat"],
        ["sh", "-c", "find /usr/lib -name '*.py' | xargs cat | sort | xz -1 | sha256sum"],
        ["grep", "-rc", "e.*e.*e", "/usr/include"],
    ]


def interpreter(folder: Path, flags: str, *arguments: str) -> list[Command]:
    """Return a command of eight threads in C++ that nest deeply; see ``interpreter.cpp``."""
    program = folder / f"interpreter{flags.split()[0]}"
    build = ["g++", *flags.split(), "-g", "-pthread", "-o", str(program), str(PROGRAMS / "interpreter.cpp")]
    subprocess.run(build, check=True)
    return [[str(program), *arguments]]


def go_compiler(folder: Path) -> list[Command]:
    """Return a command that compiles Go packages with a compiler built here, for that of Debian has no symbols."""
    compiler, use = folder / "compile", folder / "toolexec"
    os.environ["GOCACHE"] = str(folder / "go-cache")
    root = subprocess.run(["go", "env", "GOROOT"], capture_output=True, text=True, check=True).stdout.strip()
    subprocess.run(["go", "build", "-o", str(compiler), "cmd/compile"], cwd=f"{root}/src/cmd", check=True)
    use.write_text(f'#!/bin/sh\ncase $1 in */compile) shift; exec {compiler} "$@";; esac\nexec "$@"\n')
    use.chmod(0o755)
    return [["go", "build", "-a", "-toolexec", str(use), "-o", "/dev/null", "fmt"]]


@dataclass(frozen=True)
class Recording:
    """How a text is made.

    Attributes:
        programs: makes the commands to record, one after the other.
        options: of `perf record`.
        share: its size over that asked for.
    """

    programs: Callable[[Path], Sequence[Command]]
    options: tuple[str, ...] = ("-F", FREQUENCY, "-g")
    share: float = 1.0


FRAMES = "-O1 -fno-omit-frame-pointer -fno-optimize-sibling-calls"
RECORDINGS = {
    "compile": Recording(go_compiler),
    "nested": Recording(lambda folder: interpreter(folder, FRAMES, "100", "16", "1")),
    "short": Recording(short_programs),
    "deep": Recording(lambda folder: interpreter(folder, FRAMES, "10", "7", "0")),
    "system": Recording(short_programs, ("-F", FREQUENCY, "-a", "-g"), 0.5),
    "flat": Recording(short_programs, ("-F", FREQUENCY), 0.1),
    "dwarf": Recording(
        lambda folder: interpreter(folder, "-O2", "2", "7", "0"),
        ("-F", "500", "--call-graph", "dwarf,16384"),
        0.2,
    ),
}
MIXED = ("compile", "nested", "short", "deep", "system", "dwarf")
CONVERSIONS = {"folded": "folded", "svg": "svg", "speedscope": "speedscope.json", "pprof": "pb.gz"}


def main() -> None:
    """Record, then convert what there is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--only", choices=RECORDINGS, help="record this one, and convert nothing")
    options = parser.parse_args()
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for name in [options.only] if options.only else RECORDINGS:
        record(RECORDINGS[name], folder, folder / f"{name}.txt", options.megabytes * 10**6)
    if options.only:
        return
    with (folder / "perf.txt").open("wb") as out:
        for name in MIXED:
            with (folder / f"{name}.txt").open("rb") as text:
                shutil.copyfileobj(text, out)
    profile = load(str(folder / "perf.txt"))
    for exporter in EXPORTERS:
        if exporter.name in CONVERSIONS:
            target = folder / f"perf.{CONVERSIONS[exporter.name]}"
            with target.open("wb") as out:
                out.writelines(exporter.write(profile))
            say(target)


def record(recording: Recording, folder: Path, text: Path, size: int) -> None:
    """Record programs in turn until the text has its size."""
    data = folder / "one.data"
    with text.open("wb") as out:
        programs = recording.programs(folder)
        while out.tell() < size * recording.share:
            for program in programs:
                append(program, recording.options, data, out)
    for left in folder.glob("one.data*"):
        left.unlink()
    say(text)


def append(program: Command, options: Sequence[str], data: Path, out: BinaryIO) -> None:
    """Record one program and append its text."""
    none = subprocess.DEVNULL
    perf = ["perf", "record", "-q", *options, "-o", str(data), "--", *program]
    subprocess.run(perf, stdin=none, stdout=none, stderr=none, check=False)
    subprocess.run(["perf", "script", "-i", str(data)], stdin=none, stdout=out, stderr=none, check=True)
    out.seek(0, os.SEEK_END)


def say(path: Path) -> None:
    """Say that a file is made."""
    print(f"{path}: {path.stat().st_size / 1e6:.0f} MB", file=sys.stderr)


main()
