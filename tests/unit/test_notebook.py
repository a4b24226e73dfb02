"""In Jupyter: results show themselves, `%%hotspot` profiles a cell, and the notebooks of this project run."""

from __future__ import annotations

import json
import re
import shutil
import time
from pathlib import Path

import nbformat
import pytest
from hotspot.config import Config
from hotspot.notebook import cell_stacks, mimebundle
from hotspot.record import py_spy, this_process
from hotspot.record.this_process import CannotAttach, PySpySampler, ThreadSampler, start_sampler
from hotspot.source.ownership import Ownership

from tests.notebook_kernel import PLOTLY, execute, run_cells, shown
from tests.vocabulary import profile_from_text

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

# The kernel's own, which begin before any test: pyzmq and asyncio in a thread of nbclient.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

FIGURES = {"01": 3, "02": 1, "03": 1, "04": 2}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_run_and_draw_every_figure(path: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "sample-profiles", tmp_path / "sample-profiles")
    (tmp_path / "notebooks").mkdir()
    notebook = nbformat.read(path, as_version=4)
    execute(notebook, tmp_path / "notebooks")
    outputs = [out for cell in notebook.cells if cell.cell_type == "code" for out in cell.outputs]
    assert [out for out in outputs if out.output_type == "error"] == []
    figures = [out.data[PLOTLY] for out in outputs if PLOTLY in out.get("data", {})]
    assert len(figures) == FIGURES[path.stem[:2]]
    assert all(figure["data"] and any(len(trace["y"]) for trace in figure["data"]) for figure in figures)
    assert list((tmp_path / "notebooks").iterdir()) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_kept_without_outputs(path: Path) -> None:
    cells = [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]
    assert [cell for cell in cells if cell["outputs"] or cell["execution_count"]] == []


BUSY = """%%hotspot run -r 100
import time
def spin(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sum(range(1_000))
spin(0.7)
"answer"
"""
FACTS = """
rows = {row.function: (row.file, row.line) for row in run.top(0).rows}
print(rows["spin"][0], rows["spin"][1] in (5, 6), rows["<module>"], run.provenance.producer)
"""


def test_a_cell_is_profiled_by_py_spy_or_says_why_not(tmp_path: Path) -> None:
    _, outputs, facts = run_cells(tmp_path, "%load_ext hotspot", BUSY, FACTS)
    said = shown(outputs)
    assert re.search(
        r"hotspot: In\[2\] sampled by (py-spy|in-process sampling thread \(.*\)), 100 times", said
    )
    assert "'answer'" in said  # a last expression is shown as ever
    producer = "py-spy" if "by py-spy" in said else "in-process sampling thread"
    assert shown(facts) == f"In[2] True ('In[2]', 7) {producer}\n"


def test_a_cell_is_profiled_in_process_where_py_spy_may_not_attach(tmp_path: Path) -> None:
    hide = "import hotspot.record.py_spy as p\np.shutil.which = lambda name: None\np.sysconfig.get_path = lambda name: '/'"
    _, outputs, facts = run_cells(tmp_path, hide + "\n%load_ext hotspot", BUSY, FACTS)
    because = "in-process sampling thread (py-spy is not installed)"
    assert f"hotspot: In[2] sampled by {because}, 100 times a second" in shown(outputs)
    assert shown(facts) == "In[2] True ('In[2]', 7) in-process sampling thread\n"


def test_functions_of_other_cells_keep_their_cells_name(tmp_path: Path) -> None:
    define = "%load_ext hotspot\ndef work():\n    sum(range(10_000_000))"
    *_, facts = run_cells(
        tmp_path, define, "%%hotspot run\nfor _ in range(5): work()",
        "print(sorted({(r.function, r.file) for r in run.top(0).rows}))",
    )  # fmt: skip
    assert shown(facts) == "[('<module>', 'In[2]'), ('work', 'In[1]')]\n"


def test_an_error_ends_the_cell_and_what_was_seen_until_then_is_shown(tmp_path: Path) -> None:
    cell = "%%hotspot run -r 100\nfor _ in range(5):\n    sum(range(10_000_000))\nx = 1 / 0"
    _, outputs, after = run_cells(tmp_path, "%load_ext hotspot", cell, "print(run.top(1).rows[0].file)")
    errors = [out for out in outputs if out.output_type == "error"]
    assert [error.ename for error in errors] == ["ZeroDivisionError"]
    assert "In[2]" in re.sub(r"\x1b\[[0-9;]*m", "", "".join(errors[0].traceback))
    assert "In[2]:3" in shown(outputs)
    assert shown(after) == "In[2]\n"


def test_a_wrong_line_is_refused_in_a_sentence(tmp_path: Path) -> None:
    _, outputs = run_cells(tmp_path, "%load_ext hotspot", "%%hotspot a b\n1")
    assert "UsageError: %%hotspot: 'a b' is not understood; write %%hotspot [NAME] [-r HZ]" in str(outputs)


# -- samplers and stacks, without a kernel ----------------------------------------------------------


@pytest.mark.parametrize("kind", [PySpySampler, ThreadSampler])
def test_samplers_see_what_runs(kind: type[PySpySampler] | type[ThreadSampler]) -> None:
    try:
        sampler = kind(100)
    except CannotAttach as error:
        pytest.skip(str(error))
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        sum(range(1_000))
    lines = [line for line in sampler.stop() if "test_samplers_see_what_runs" in line]
    assert sum(int(line.rpartition(" ")[2]) for line in lines) >= 10
    assert all(f"({__file__}:" in line for line in lines)


def test_without_py_spy_a_thread_samples_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(py_spy.sysconfig, "get_path", lambda name: "/nowhere")
    sampler, why = start_sampler(100)
    sampler.stop()
    assert (sampler.name, why) == ("in-process sampling thread", "py-spy is not installed")


def test_a_py_spy_that_cannot_attach_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    denied = tmp_path / "py-spy"
    denied.write_text(
        "#!/bin/sh\necho 'Error: Permission Denied: Try running again with elevated permissions'\nexit 1\n"
    )
    denied.chmod(0o755)
    monkeypatch.setattr(this_process, "find_py_spy", lambda: str(denied))
    sampler, why = start_sampler(100)
    sampler.stop()
    assert (sampler.name, why) == ("in-process sampling thread", "py-spy may not attach to this process")


def test_stacks_begin_at_the_cell_and_other_threads_count_where_cells_run() -> None:
    lines = [
        "start (ipykernel/app.py:9);<module> (In[3]:2);f (/tmp/k_1/22.py:4) 5",
        "start (ipykernel/app.py:9);<module> (/tmp/k_1/33.py:1);stop (hotspot/notebook.py:5) 7",
        "loop (zmq/loop.py:1);poll (zmq/loop.py:2) 40",
        "_bootstrap (threading.py:1);f (/tmp/k_1/22.py:5) 2",
    ]
    assert cell_stacks(lines, "In[3]", {"/tmp/k_1/22.py": "In[1]", "/tmp/k_1/33.py": "In[3]"}) == [
        "<module> (In[3]:2);f (In[1]:4) 5",
        "_bootstrap (threading.py:1);f (In[1]:5) 2",
    ]


def test_cells_count_as_in_app(tmp_path: Path) -> None:
    profile = profile_from_text("<module> (In[3]:2);dumps (/usr/lib/python3/json.py:5) 5")
    verdict = Ownership(Config(tmp_path)).classify(profile)
    owned = {
        profile.frame_name(i): bool(verdict.owned[i]) for i in range(len(profile.frames)) if verdict.known[i]
    }
    assert owned == {"<module>": True, "dumps": False}


def test_results_show_themselves_with_names_as_they_are_spelled() -> None:
    before = profile_from_text("main;<script>x</script> 5")
    after = profile_from_text("main;<script>x</script> 9")
    for result in (before, before.top(), before.diff(after)):
        bundle = mimebundle(result)
        assert "&lt;script&gt;x&lt;/script&gt;" in bundle["text/html"]
        assert "<script" not in bundle["text/html"]
        assert "<script>x</script>" in bundle["text/plain"]
        assert result._repr_mimebundle_() == bundle
