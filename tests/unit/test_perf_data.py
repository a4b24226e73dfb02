from __future__ import annotations

import gzip
import lzma
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from hotspot.errors import EmptyProfile, MalformedProfile, MissingTool
from hotspot.importers import perf_data, perf_script
from hotspot.importers.base import Head, ImportOptions, Match, Source, bytes_source, file_source
from hotspot.importers.perf_data.source_lines import find_source_lines
from hotspot.profile import Profile

from tests.vocabulary import folded

PROGRAM = r"""
#include <stdlib.h>
__attribute__((noinline)) int leaf(int n) { volatile int x = 0; for (int i = 0; i < n; i++) x += i; return x; }
__attribute__((noinline)) int left(int n) { return leaf(n) + 1; }
__attribute__((noinline)) int right(int n) { return leaf(2 * n) + 2; }
int main(void) { int s = 0; for (int i = 0; i < 15000; i++) s += left(20000) ^ right(20000); return s == 42; }
"""


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A perf.data of a program whose call tree is known."""
    folder = tmp_path_factory.mktemp("recording")
    for tool in ("perf", "gcc"):
        if shutil.which(tool) is None:
            pytest.skip(f"needs {tool}")
    (folder / "program.c").write_text(PROGRAM)
    flags = ["-O1", "-fno-omit-frame-pointer", "-fno-optimize-sibling-calls", "-fno-inline"]
    subprocess.run(["gcc", *flags, "-o", "program", "program.c"], cwd=folder, check=True)
    record = ["perf", "record", "-e", "task-clock:u", "-F", "999", "-g", "-o", "perf.data", "./program"]
    done = subprocess.run(record, cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0 or not (folder / "perf.data").exists():
        pytest.skip(f"perf cannot record here: {done.stderr.decode(errors='replace').strip()[:200]}")
    return folder / "perf.data"


def script(data: Path, *options: str) -> bytes:
    command = ["perf", "script", "-i", str(data), "--no-inline", *options]
    return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=True).stdout


def text_of(path: Path) -> Source:
    return perf_data.load(file_source(str(path)), ImportOptions())


def read(source: Source) -> Profile:
    (profile,) = perf_script.load(source, ImportOptions())
    return profile.check()


def by_stack(profile: Profile) -> dict[str, int]:
    return folded(profile.select("samples/count"))


def test_a_recording_and_its_script_text_are_the_same_profile(recording: Path) -> None:
    from_data = read(text_of(recording))
    text = script(recording)
    from_text = read(bytes_source("perf.txt", text))
    assert from_data.sample_count == text.count(b"task-clock:u:")
    assert from_data.sample_count > 50
    assert by_stack(from_data) == by_stack(from_text)
    assert from_data.total == from_text.total
    assert {str(value_type) for value_type in from_data.value_types} == {
        "samples/count",
        "task-clock:u/nanoseconds",
    }


def test_the_recorded_program_is_recognised_in_its_profile(recording: Path) -> None:
    profile = read(text_of(recording))
    stacks = by_stack(profile)
    left = sum(n for stack, n in stacks.items() if stack.endswith("main;left;leaf"))
    right = sum(n for stack, n in stacks.items() if stack.endswith("main;right;leaf"))
    assert left + right > 0.9 * sum(stacks.values())
    assert 0.55 < right / (left + right) < 0.78  # right does two thirds of the work
    assert all(stack.startswith("program;") for stack in stacks)
    assert profile.threads[0].pid == profile.threads[0].tid


@pytest.mark.parametrize(
    "options",
    [
        ["--ns"],
        ["--header"],
        ["-F", "comm,tid,time,event,period,ip,sym,dso"],
        ["-F", "comm,pid,tid,event,ip,sym,dso"],
        ["-F", "comm,tid,ip,sym,dso"],
        ["-F", "comm,ip,sym,dso"],
        ["-F", "comm,tid,time,event,period,ip,sym,symoff,dso"],
        ["--show-mmap-events", "--show-task-events"],
        ["-F", "+insnlen"],
    ],
    ids=" ".join,
)
def test_every_set_of_fields_shows_the_same_stacks(recording: Path, options: list[str]) -> None:
    got, want = (
        by_stack(read(bytes_source("x", script(recording, *options)))),
        by_stack(read(text_of(recording))),
    )
    if "--show-task-events" in options:  # perf then names the samples before exec after the program's parent
        assert sum(got.values()) == sum(want.values())
    else:
        assert got == want


def test_without_a_call_graph_each_sample_is_its_leaf(recording: Path) -> None:
    leaves: dict[str, int] = {}
    for stack, count in by_stack(read(text_of(recording))).items():
        name = f"program;{stack.rpartition(';')[2]}"
        leaves[name] = leaves.get(name, 0) + count
    for options in (["-G"], ["-G", "-F", "comm,tid,ip,sym,dso"], ["-G", "-F", "comm,ip,sym,dso"]):
        assert by_stack(read(bytes_source("x", script(recording, *options)))) == leaves


def test_the_source_keeps_the_name_and_checksum_of_the_recording(recording: Path) -> None:
    source = file_source(str(recording))
    profile = read(perf_data.load(source, ImportOptions()))
    assert (profile.provenance.path, profile.provenance.sha256) == (str(recording), source.checksum)
    assert profile.provenance.producer.startswith("perf ")
    assert profile.provenance.duration_ns


@pytest.mark.parametrize("compress", [gzip.compress, lzma.compress], ids=["gzip", "xz"])
def test_a_compressed_recording_is_read(recording: Path, tmp_path: Path, compress: object) -> None:
    packed = tmp_path / "perf.data.packed"
    packed.write_bytes(compress(recording.read_bytes()))  # type: ignore[operator]
    assert perf_data.detect(file_source(str(packed)).head) is Match.YES
    assert by_stack(read(text_of(packed))) == by_stack(read(text_of(recording)))


def test_a_recording_from_standard_input_is_read(recording: Path) -> None:
    piped = bytes_source("-", recording.read_bytes())
    assert by_stack(read(perf_data.load(piped, ImportOptions()))) == by_stack(read(text_of(recording)))


def test_the_text_can_be_opened_more_than_once(recording: Path) -> None:
    source = text_of(recording)
    with source.open() as first, source.open() as second:
        assert first.read(100) == second.read(100)
        assert first.read() == second.read()


def test_a_recording_without_times_is_read_without_them(recording: Path, tmp_path: Path) -> None:
    data = tmp_path / "perf.data"
    record = ["perf", "record", "--no-timestamp", "-e", "task-clock:u", "-F", "999", "-g", "-o", str(data)]
    subprocess.run([*record, str(recording.parent / "program")], capture_output=True, check=True)
    profile = read(text_of(data))
    assert profile.sample_count
    assert profile.samples.time is None


def test_inlined_frames_are_looked_up_where_asked_for(recording: Path) -> None:
    source = perf_data.load(file_source(str(recording)), ImportOptions(inline=True))
    assert read(source).sample_count == read(text_of(recording)).sample_count


def test_a_recording_cut_short_is_refused(recording: Path, tmp_path: Path) -> None:
    short = tmp_path / "perf.data"
    short.write_bytes(recording.read_bytes()[:3000])
    with pytest.raises(MalformedProfile) as caught:
        text_of(short)
    assert str(short) in str(caught.value)
    assert "perf script --ns" in str(caught.value.hint)


@pytest.mark.parametrize("magic", [b"PERFILE2", b"2ELIFREP"])
def test_recordings_are_recognised_by_their_magic(magic: bytes) -> None:
    assert perf_data.detect(Head(magic + b"\x10\0\0\0\0\0\0\0", complete=True, name="anything")) is Match.YES


@pytest.mark.parametrize("data", [b"", b"PERF", b"a  1 1.000000: cycles: \n\t1 f (m)\n", b"\0" * 64])
def test_other_files_are_not_recordings(data: bytes) -> None:
    assert perf_data.detect(Head(data, complete=True, name="perf.data")) is Match.NO


# -- a machine whose perf is missing or stands in for one: real programs in place of it ------------------------


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, script_text: str) -> None:
    """Put a program called perf first in the path, as distributions do."""
    program = folder / "bin" / "perf"
    program.parent.mkdir()
    program.write_text(script_text)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def some_data(tmp_path: Path) -> Path:
    path = tmp_path / "perf.data"
    path.write_bytes(b"PERFILE2" + b"\0" * 100)
    return path


def test_a_machine_without_perf_is_told_what_to_install(
    some_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingTool, match="perf is not installed") as caught:
        text_of(some_data)
    for word in ("linux-perf", "linux-tools-$(uname -r)", "perf script --ns", "gzip > profile.perf.txt.gz"):
        assert word in str(caught.value.hint)


@pytest.mark.parametrize(
    "wrapper",
    [
        "#!/bin/sh\necho 'WARNING: perf not found for kernel 5.15.0-91' >&2\nexit 2\n",
        "#!/bin/sh\necho 'E: linux-perf-5.10 is not installed.' >&2\nexit 1\n",
    ],
    ids=["ubuntu", "debian"],
)
def test_a_wrapper_without_its_tool_is_a_missing_tool(
    some_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrapper: str
) -> None:
    stand_in(tmp_path, monkeypatch, wrapper)
    with pytest.raises(MissingTool, match="wrapper") as caught:
        text_of(some_data)
    assert "linux-tools" in str(caught.value.hint)


def test_a_perf_that_cannot_be_run_is_a_missing_tool(
    some_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, monkeypatch, "#!/no/such/interpreter\n")
    with pytest.raises(MissingTool, match="cannot be run"):
        text_of(some_data)


def test_what_perf_complains_of_is_passed_on(
    some_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, monkeypatch, "#!/bin/sh\necho 'incompatible file format' >&2\nexit 255\n")
    with pytest.raises(MalformedProfile, match="incompatible file format"):
        text_of(some_data)


def test_a_perf_that_dies_half_way_is_no_profile(
    some_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, monkeypatch, "#!/bin/sh\necho 'a 1 1.000000: cycles: '\nkill -SEGV $$\n")
    with pytest.raises(MalformedProfile, match="SIGSEGV"):
        text_of(some_data)


def test_an_empty_answer_is_an_empty_profile(
    some_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, monkeypatch, "#!/bin/sh\nexit 0\n")
    with pytest.raises(EmptyProfile):
        text_of(some_data)


def test_perf_is_asked_for_less_where_it_does_not_know_an_option(
    some_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(
        tmp_path,
        monkeypatch,
        """#!/bin/sh
        case "$*" in
        *show-lost-events*) echo "  Error: unknown option \\`show-lost-events'" >&2; exit 129;;
        *,time,*) echo "Samples for 'cycles' event do not have TIME attribute set. Cannot print 'time' field." >&2; exit 255;;
        *) printf 'a 1 cycles: \\n\\t1 f (m)\\n\\n';;
        esac
        """,
    )
    assert folded(read(text_of(some_data))) == {"a;f": 1}


def test_perf_gets_nothing_to_wait_for_and_no_shell(
    some_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, monkeypatch, '#!/bin/sh\ncat\necho "a 1 1.000000: cycles: $*"\n')
    odd = some_data.rename(tmp_path / "-x; echo $HOME .data")
    text = text_of(odd).read().decode()
    assert text.endswith(f"-i {odd}\n")


# --- source lines of programs built with -g ---------------------------------------------------------------------------

HEADER = """\
static inline unsigned mix(unsigned x) {
    for (int i = 0; i < 60; i++)
        x ^= x << 13 ^ x >> 7;
    return x;
}
"""
WITH_LINES = """\
#include "mix.h"
__attribute__((noinline)) unsigned work(int n) {
    unsigned s = 1;
    for (int i = 0; i < n; i++)
        s += mix(s);
    return s;
}
int main(void) {
    unsigned t = 1;
    t += work(4000000);
    return t == 42;
}
"""


@pytest.fixture(scope="module", params=["-no-pie", "-pie"])
def with_lines(
    recording: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Path:
    if shutil.which("addr2line") is None:
        pytest.skip("needs addr2line")
    folder = tmp_path_factory.mktemp("with-lines")
    (folder / "mix.h").write_text(HEADER)
    (folder / "program.c").write_text(WITH_LINES)
    subprocess.run(["gcc", "-g", "-O2", request.param, "-o", "program", "program.c"], cwd=folder, check=True)
    record = ["perf", "record", "-e", "task-clock:u", "-F", "499", "--call-graph", "dwarf", "-o", "perf.data"]
    subprocess.run(
        [*record, "./program"], cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, check=True
    )
    return folder


def lines_by_function(profile: Profile) -> dict[str, set[tuple[str, int]]]:
    frames, found = profile.frames, {}
    for i in range(len(frames)):
        place = (os.path.basename(frames.strings[frames.file[i]]), int(frames.line[i]))
        found.setdefault(frames.strings[frames.name[i]], set()).add(place)
    return found


def test_debug_information_gives_lines_and_inlined_code_counts_for_its_caller(with_lines: Path) -> None:
    found = lines_by_function(read(text_of(with_lines / "perf.data")))
    assert ("program.c", 5) in found["work"]
    assert found["work"] <= {
        ("program.c", line) for line in (2, 4, 5)
    }  # never mix.h, which is another function's
    assert found["main"] == {("program.c", 10)}  # the line of the call, not the one after it


def test_a_program_built_after_the_recording_lends_no_lines(with_lines: Path) -> None:
    program = with_lines / "program"
    built = program.stat().st_mtime
    os.utime(program, (built + 3600, built + 3600))
    try:
        assert lines_by_function(read(text_of(with_lines / "perf.data")))["work"] == {("", 0)}
    finally:
        os.utime(program, (built, built))


@pytest.mark.parametrize(
    "damage",
    [b"", b"\x7fELF", b"\x7fELF\x02\x01" + bytes(58), b"\x7fELF\x02\x01" + b"\xff" * 200, b"#!/bin/sh\n"],
)
def test_a_damaged_program_lends_no_lines(damage: bytes, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_bytes(damage)
    text = [b"program 1/1 1.0: 1 cpu-clock: \n", b"\t            1174 work (%s)\n" % os.fsencode(program)]
    assert not find_source_lines(text, recorded=program.stat().st_mtime)
