"""Flight Recorder: what `jfr print` says, drawn here, and a recording of the real JDK where there is one."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hotspot.errors import EmptyProfile, MalformedProfile, MissingTool
from hotspot.importers import jfr, jfr_text, registry
from hotspot.importers.base import Head, ImportOptions, Match, bytes_source
from hotspot.profile import LossKind, Profile, Thread

from tests.vocabulary import format_tree, tree_text

SAMPLE = """\
jdk.ExecutionSample {
  startTime = 04:58:13.489
  sampledThread = "main (a)" (javaThreadId = 1)
  state = "STATE_RUNNABLE"
  stackTrace = [
    java.util.HashMap.merge(Object, Object, BiFunction) line: 1384
    App$Inner.work() line: 12
    App.main(String[]) line: 3
  ]
}

"""
CUT = SAMPLE.replace("    App.main(String[]) line: 3\n", "    ...\n").replace(
    '"main (a)" (javaThreadId = 1)', "N/A"
)
OTHER = "jdk.GCPhaseParallel {\n  startTime = 04:58:13.489\n  gcId = 0\n}\n\n"


def read(text: str) -> Profile:
    (profile,) = jfr_text.load(bytes_source("x.txt", text.encode()), ImportOptions())
    return profile.check()


def test_an_event_is_a_sample() -> None:
    profile = read(SAMPLE * 2 + OTHER + CUT)
    assert format_tree(profile) == tree_text("""
        App$Inner.work 1,0
          java.util.HashMap.merge 1,1
        App.main 2,0
          App$Inner.work 2,0
            java.util.HashMap.merge 2,2
    """)
    assert profile.frames.line.tolist() == [3, 12, 1384]
    assert profile.threads == (Thread(None, 1, "main (a)"), Thread(None, None, "unknown"))
    assert [(loss.kind, loss.amount) for loss in profile.provenance.losses] == [
        (LossKind.TRUNCATED, 1),
        (LossKind.DROPPED, 1),
    ]


def test_samples_without_a_stack_are_none() -> None:
    with pytest.raises(EmptyProfile, match=r"^x\.txt: no execution sample has a stack$"):
        read("jdk.ExecutionSample {\n  stackTrace = N/A\n}\n" + OTHER)


def test_detection() -> None:
    assert jfr_text.detect(Head(SAMPLE.encode(), True)) is Match.YES
    assert jfr_text.detect(Head(OTHER.encode(), True)) is Match.NO
    assert jfr.detect(Head(b"FLR\0\0\2\0\1", False)) is Match.YES


def test_without_a_jdk_the_error_says_how_to_convert(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(MissingTool, match=r"^x\.jfr: .* which is not installed$") as caught:
        jfr.load(bytes_source("x.jfr", b"FLR\0"), ImportOptions())
    assert "jfr print --events jdk.ExecutionSample" in str(caught.value.hint)


needs_jdk = pytest.mark.skipif(
    shutil.which("jfr") is None or shutil.which("javac") is None, reason="no JDK here"
)


@needs_jdk
def test_a_damaged_recording_is_refused_in_a_line() -> None:
    with pytest.raises(MalformedProfile, match=r"^x\.jfr: jfr print cannot read it: ") as caught:
        jfr.load(bytes_source("x.jfr", b"FLR\0\0\2\0\1" + b"\xff" * 200), ImportOptions())
    assert "\n" not in str(caught.value)


@needs_jdk
def test_a_real_recording(tmp_path: Path) -> None:
    (tmp_path / "W.java").write_text(
        "public class W { static int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }\n"
        "public static void main(String[] a) { long end = System.currentTimeMillis() + 1500; int s = 0;\n"
        "while (System.currentTimeMillis() < end) s += fib(25); System.out.println(s); } }\n"
    )
    recording = tmp_path / "w.jfr"
    subprocess.run(
        ["java", f"-XX:StartFlightRecording=filename={recording},settings=profile", "W.java"],
        cwd=tmp_path, check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    profile = registry.load(str(recording)).check()
    assert profile.provenance.path == str(recording)
    assert profile.provenance.format == "jfr-text"
    assert profile.total > 10
    assert profile.top(n=1).rows[0].function == "W.fib"
