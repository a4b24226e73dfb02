"""`hotspot record` with the real recorders on programs of a second or less."""

from __future__ import annotations

import gzip
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from .conftest import ROOT, Run

BUSY = """\
import pathlib, sys, time
def inner(n):
    return sum(i * i for i in range(n))
def outer(end):
    while time.monotonic() < end:
        inner(2000)
pathlib.Path("running").touch()
print("the program's own output")
outer(time.monotonic() + float(sys.argv[1]))
sys.exit(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
"""
C = """\
static volatile unsigned long x;
__attribute__((noinline)) void leaf(unsigned n) { for (unsigned i = 0; i < n; i++) x += i * i; }
__attribute__((noinline)) void heavy(void) { leaf(3000000); x++; }
int main(void) { for (int i = 0; i < 60; i++) heavy(); return 5; }
"""
SORTS = """\
#include <stdlib.h>
static int v[20000];
__attribute__((noinline)) int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
int main(void) {
    for (int turn = 0; turn < 60; turn++) {
        for (int i = 0; i < 20000; i++) v[i] = (i * 1103515245u + turn) >> 8 & 65535;
        qsort(v, 20000, sizeof *v, compare);
    }
    return 0;
}
"""


def works(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False, cwd="/tmp").returncode == 0
    except OSError:
        return False


@pytest.fixture(scope="session")
def py_spy(tmp_path_factory: pytest.TempPathFactory) -> None:
    out = tmp_path_factory.mktemp("probe") / "out"
    beside = Path(sys.executable).with_name("py-spy")
    program = str(beside) if beside.exists() else "py-spy"
    if not works(
        program, "record", "-f", "raw", "-o", str(out), "--", sys.executable, "-c", "sum(range(10**7))"
    ):
        pytest.skip("py-spy cannot record here (a container without ptrace?)")


@pytest.fixture(scope="session")
def perf(tmp_path_factory: pytest.TempPathFactory) -> None:
    out = tmp_path_factory.mktemp("probe") / "out"
    if not works("perf", "record", "-q", "-o", str(out), "--", "true"):
        pytest.skip("perf cannot record here")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "hotspot.toml").write_text("")
    (tmp_path / "busy.py").write_text(BUSY)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def native(tmp_path_factory: pytest.TempPathFactory) -> str:
    if shutil.which("gcc") is None:
        pytest.skip("no gcc here")
    home = tmp_path_factory.mktemp("native")
    (home / "busy.c").write_text(C)
    subprocess.run(["gcc", "-O2", "-o", "busy", "busy.c"], cwd=home, check=True)
    return str(home / "busy")


@pytest.fixture
def running(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "busy.py", "300"], stdout=subprocess.DEVNULL)
    wait_for(folder / "running")
    yield process
    process.kill()
    process.wait()


def wait_for(path: Path) -> None:
    wait_until(path.exists)


def wait_until(come_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not come_true():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def the_record(folder: Path) -> dict[str, object]:
    (path,) = (folder / ".hotspot" / "runs").glob("*.json")
    found: dict[str, object] = json.loads(path.read_text())
    return found


def functions(folder: Path, program: Run) -> set[str]:
    rows = json.loads(program("top", "-n", "0", "-f", "json").out)["rows"]
    return {row["function"] for row in rows}


@pytest.mark.usefixtures("py_spy")
def test_a_python_program(folder: Path, program: Run) -> None:
    done = program("record", "-o", "out.svg", "--", sys.executable, "busy.py", "0.6")
    assert done.code == 0, done.err
    assert "the program's own output\n" in done.out
    assert "inner" in done.out
    assert "py-spy>" not in done.out + done.err
    assert (folder / "out.svg").read_text().startswith("<?xml")
    record = the_record(folder)
    assert (record["command"], record["exit_code"]) == ([sys.executable, "busy.py", "0.6"], 0)
    assert len(record["profiles"]) == 2  # type: ignore[arg-type]
    assert {"inner", "outer"} <= functions(folder, program)
    info = json.loads(program("info", "-f", "json").out)
    assert info["producer"].startswith("py-spy ")  # folded stacks do not tell, the record does
    assert info["duration_ns"] > 0.5e9


@pytest.mark.usefixtures("perf")
def test_a_native_program_without_frame_pointers_keeps_its_callers(
    folder: Path, native: str, program: Run
) -> None:
    done = program("record", "-o", "out.data", "--", native)
    assert done.code == 0, done.err
    assert "busy failed (exit code 5); what was recorded until then is kept" in done.err
    assert the_record(folder)["recorder_options"] == ["--freq", "99", "--call-graph", "dwarf"]
    assert {"leaf", "heavy", "main"} <= functions(folder, program)
    assert (folder / "out.data").read_bytes().startswith(b"PERFILE2")
    info, original = (json.loads(program("info", *named, "-f", "json").out) for named in ((), ("out.data",)))
    kept = {
        key: info[key] for key in ("producer", "value_types", "threads", "duration_ns", "samples", "losses")
    }
    assert kept == {key: original[key] for key in kept}
    assert info["producer"].startswith("perf ")
    assert platform.node() not in gzip.decompress((folder / info["path"]).read_bytes()).decode()


@pytest.mark.usefixtures("perf")
def test_functions_called_by_the_c_library_keep_their_callers(folder: Path, program: Run) -> None:
    """With a shell between perf and the program, half of such recordings lost them; four in a row do not by luck."""
    (folder / "sorts.c").write_text(SORTS)
    if not works("gcc", "-O1", str(folder / "sorts.c"), "-o", str(folder / "sorts")):
        pytest.skip("no C compiler here")
    for _ in range(4):
        assert program("record", "-r", "499", "--", "./sorts").code == 0
        rows = json.loads(program("top", "-n", "0", "-f", "json").out)["rows"]
        total = {row["function"]: row["total_share"] for row in rows}
        assert total["compare"] > 0.02
        assert total["main"] > 0.9


@pytest.mark.usefixtures("perf")
@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("-X", "--event nonsense"), "perf cannot record true: event syntax error: 'nonsense'"),
        (("-X", "--nonsense"), "perf cannot record true: unknown option `nonsense'"),
    ],
)
def test_what_perf_does_not_understand_is_said_in_a_line(
    option: tuple[str, str], said: str, folder: Path, program: Run
) -> None:
    done = program("record", *option, "--", "/bin/true")
    assert (done.code, done.err) == (3, f"hotspot: {said}\n")
    assert not (folder / ".hotspot" / "runs").exists()


@pytest.mark.usefixtures("py_spy")
def test_a_program_that_fails_leaves_its_profile(folder: Path, program: Run) -> None:
    done = program("record", "--", sys.executable, "busy.py", "0.5", "3")
    assert done.code == 0
    assert "busy.py failed (exit code 3); what was recorded until then is kept" in done.err
    assert the_record(folder)["exit_code"] == 3


@pytest.mark.usefixtures("perf")
def test_a_program_that_exits_at_once(folder: Path, program: Run) -> None:
    done = program("record", "-r", "1", "--", "/bin/true")
    assert done.code == 3
    assert done.err == (
        "hotspot: true: nothing was sampled (exit code 0); it ended too soon, or only waited: record longer, give it "
        "more work, or raise --rate\n"
    )
    assert not (folder / ".hotspot" / "runs").exists()


@pytest.mark.usefixtures("py_spy")
def test_a_duration_ends_the_program(folder: Path, program: Run) -> None:
    begin = time.monotonic()
    done = program("record", "-d", "0.6", "--", sys.executable, "busy.py", "60")
    assert done.code == 0, done.err
    assert time.monotonic() - begin < 30
    assert the_record(folder)["exit_code"] is None


@pytest.mark.usefixtures("py_spy", "perf")
@pytest.mark.parametrize("recorder", ["py-spy", "perf"])
def test_ctrl_c_keeps_and_prints_what_there_is(recorder: str, folder: Path, program: Run) -> None:
    command = [
        sys.executable,
        "-m",
        "hotspot",
        "record",
        "--recorder",
        recorder,
        "--",
        sys.executable,
        "busy.py",
        "60",
    ]
    process = subprocess.Popen(
        command,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_for(folder / "running")
    time.sleep(0.7)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "samples |" in out
    assert "Traceback" not in err
    assert functions(folder, program)
    busy = subprocess.run(["ps", "-eo", "sid,args"], capture_output=True, text=True, check=True).stdout
    assert not [
        line for line in busy.splitlines() if "busy.py 60" in line and line.split()[0] == str(process.pid)
    ]


@pytest.mark.usefixtures("py_spy")
def test_a_running_process(folder: Path, running: subprocess.Popen[bytes], program: Run) -> None:
    done = program("record", "-d", "0.5", "--pid", str(running.pid))
    assert done.code == 0, done.err
    assert running.poll() is None
    assert the_record(folder)["pid"] == running.pid
    assert "inner" in functions(folder, program)


@pytest.mark.usefixtures("py_spy")
def test_a_process_that_ends_meanwhile(running: subprocess.Popen[bytes]) -> None:
    recording = subprocess.Popen(
        [sys.executable, "-m", "hotspot", "record", "--pid", str(running.pid)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: has_child(recording.pid))
    time.sleep(1)
    running.kill()
    running.wait()
    out, err = recording.communicate(timeout=60)
    assert recording.returncode == 0, err
    assert "inner" in out


def has_child(pid: int) -> bool:
    return any(path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children"))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to drop it")
@pytest.mark.parametrize("recorder", ["py-spy", "perf"])
def test_another_users_process(recorder: str, running: subprocess.Popen[bytes], tmp_path: Path) -> None:
    if shutil.which(recorder) is None and recorder == "perf":
        pytest.skip("no perf here")
    # Everything is imported before privileges are dropped: the interpreter may lie where others cannot read.
    code = (
        "import os\nfrom hotspot.record.choice import choose\nfrom hotspot.record.target import process_target\n"
        "from hotspot.errors import HotspotError\nfrom hotspot.record.recorder import Wanted\n"
        "import sysconfig; sysconfig.get_path('scripts')\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        f"try: choose({recorder!r}, process_target({running.pid}), Wanted())\n"
        "except HotspotError as e: print(e); print(e.hint)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert (
        f"process {running.pid} belongs to another user (uid 0), and {recorder} may not look into it"
        in done.stdout
    )
    assert "run hotspot as that user, or as root" in done.stdout


def test_a_missing_recorder_is_named_with_how_to_get_it(folder: Path, program: Run) -> None:
    done = program("record", "--", "/bin/true", env={"PATH": str(folder)})
    assert done.code == 3
    assert done.err.startswith("hotspot: perf is not installed; Debian: apt install linux-perf")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "say what to record: -- COMMAND..., or --pid PID"),
        (["--pid", "1", "--", "true"], 2, "say what to record: -- COMMAND..., or --pid PID"),
        (["--pid", "4194999"], 2, "no process 4194999; `ps -e` lists those there are"),
        (["--", "no-such-program"], 2, "no-such-program: command not found"),
        (["--runs", "5", "--", "true"], 2, "--runs and --rev belong to --against or --against-rev"),
        (["--against", "'", "--", "true"], 2, "': no closing quotation"),
        (["--memory", "--recorder", "perf", "--", "true"], 2, "--memory is recorded by memray, not by perf"),
        (["--memory", "--", "/bin/true"], 3, "true is not Python, and memray records nothing else"),
    ],
)
def test_what_makes_no_sense(
    arguments: list[str], code: int, message: str, folder: Path, program: Run
) -> None:
    done = program("record", *arguments)
    assert (done.code, done.err) == (code, f"hotspot: {message}\n")
    assert not (folder / ".hotspot").exists()


@pytest.mark.usefixtures("py_spy")
def test_an_option_that_the_recorder_does_not_know(folder: Path, program: Run) -> None:
    done = program("record", "-X", "--bogus", "--", sys.executable, "busy.py", "0.1")
    assert done.code == 3
    assert done.err.startswith("hotspot: py-spy does not take that: ")


SLOWER = BUSY.replace("inner(2000)", "inner(2000); extra(2000)").replace(
    "def outer", "def extra(n):\n    return sorted(range(n), key=lambda i: -i)\ndef outer"
)


@pytest.mark.usefixtures("py_spy")
def test_against_a_command_in_turn_and_read_again(folder: Path, program: Run) -> None:
    (folder / "slower.py").write_text(SLOWER)
    command = ["--", sys.executable, "slower.py", "0.4"]
    other = f"{sys.executable} busy.py 0.4"
    done = program("record", "--runs", "3", "--work", "7", "--against", other, *command)
    assert done.code == 0, done.err
    assert "by the work given" in done.out
    records = [json.loads(path.read_text()) for path in sorted((folder / ".hotspot" / "runs").glob("*.json"))]
    assert [record["side"] for record in records] == [0, 1, 0, 1, 0, 1]
    assert [record["turn"] for record in records] == [0, 1, 2, 3, 4, 5]
    assert [r["ended"] <= s["started"] for r, s in pairwise(records)] == [True] * 5
    again = done.err.split("`hotspot diff ")[1].split("`")[0].split()
    found = json.loads(program("diff", *again, "-f", "json").out)
    assert found["normalised_by"] == "work"
    assert not [text for text in found["notes"] if "order" in text or "in sequence" in text]
    # Three turns against the three that came later: the records say so.
    before, after = (Path(side) for side in again)
    early = ["-b", before / "01.folded", "-b", after / "01.folded", "-b", before / "02.folded"]
    late = ["-a", after / "02.folded", "-a", before / "03.folded", "-a", after / "03.folded"]
    mixed = json.loads(program("diff", *early, *late, "-f", "json").out)
    assert any("one side was recorded after the other" in text for text in mixed["notes"])


@pytest.mark.usefixtures("py_spy")
def test_against_a_revision(folder: Path, program: Run) -> None:
    identity = ["git", "-c", "user.name=T", "-c", "user.email=t@example.org"]
    for arguments in (["init", "-q"], ["add", "busy.py", "hotspot.toml"], ["commit", "-qm", "one"]):
        subprocess.run([*identity, *arguments], cwd=folder, check=True, capture_output=True)
    (folder / "busy.py").write_text(SLOWER)
    done = program(
        "record", "--runs", "1", "--against-rev", "HEAD", "-f", "json", "--", sys.executable, "busy.py", "0.4"
    )
    assert done.code == 0, done.err
    records = [json.loads(path.read_text()) for path in sorted((folder / ".hotspot" / "runs").glob("*.json"))]
    assert [(record["label"], record["dirty"]) for record in records] == [
        ("HEAD", False),
        ("working tree", True),
    ]
    document = json.loads(done.out[done.out.index("{") :])
    assert "extra" in {row["function"] for row in document["rows"]}
    assert list((folder / ".hotspot" / "worktrees").iterdir()) == [
        folder / ".hotspot" / "worktrees" / ".gitignore"
    ]


def test_a_file_that_is_the_same_at_both_revisions(folder: Path, program: Run) -> None:
    done = program("record", "--against-rev", "HEAD", "--", sys.executable, str(folder / "busy.py"))
    assert done.code == 2
    assert "busy.py is the same file at both revisions" in done.err


@pytest.mark.usefixtures("py_spy")
def test_from_python(folder: Path) -> None:
    code = (
        "import hotspot, hotspot.record.process, sys\n"
        "p = hotspot.record([sys.executable, 'busy.py', '0.4'])\n"
        "print(p.top(n=3)); print(p.provenance.recording)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "inner" in done.stdout
    assert "Recording(started_ns=" in done.stdout
