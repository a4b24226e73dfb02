"""In Jupyter: results show themselves, `%%hotspot` profiles a cell, and the notebooks of this project run."""

from __future__ import annotations

import json
import re
import shutil
import time
from pathlib import Path
from typing import Any

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


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, list[Any]]:
    """The outputs of each notebook. One kernel runs them all, and forgets every name in between."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "sample-profiles", folder / "sample-profiles")
    (folder / "notebooks").mkdir()
    together = nbformat.v4.new_notebook()
    begins = {}
    for path in NOTEBOOKS:
        together.cells.append(nbformat.v4.new_code_cell("%reset -f"))
        begins[path] = len(together.cells)
        together.cells += nbformat.read(path, as_version=4).cells
    execute(together, folder / "notebooks")
    assert list((folder / "notebooks").iterdir()) == []
    ends = [*list(begins.values())[1:], len(together.cells)]
    return {
        path: [out for cell in together.cells[begin:end] for out in cell.get("outputs", [])]
        for (path, begin), end in zip(begins.items(), ends, strict=True)
    }


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_run_and_draw_every_figure(path: Path, executed: dict[Path, list[Any]]) -> None:
    outputs = executed[path]
    assert [out for out in outputs if out.output_type == "error"] == []
    figures = [out.data[PLOTLY] for out in outputs if PLOTLY in out.get("data", {})]
    assert len(figures) == FIGURES[path.stem[:2]]
    assert all(figure["data"] and any(len(trace["y"]) for trace in figure["data"]) for figure in figures)


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


HIDE_PY_SPY = """
import hotspot.record.py_spy as p
p.shutil.which = lambda name: None
p.sysconfig.get_path = lambda name: "/"
"""
CELLS = {
    "load": "%load_ext hotspot",
    "busy": BUSY,
    "facts": FACTS,
    "define": "def work():\n    sum(range(5_000_000))",
    "call": "%%hotspot run\nfor _ in range(5): work()",
    "called": "print(sorted({(r.function, r.file) for r in run.top(0).rows}))",
    "fail": "%%hotspot run -r 100\nfor _ in range(5):\n    sum(range(5_000_000))\nx = 1 / 0",
    "failed": "print(run.top(1).rows[0].file)",
    "wrong": "%%hotspot a b\n1",
    "hide": HIDE_PY_SPY,
    "busy inside": BUSY,
    "facts inside": FACTS,
}
NUMBER = {name: number for number, name in enumerate(CELLS, 1)}


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """What each of `CELLS` showed, run in this order in one kernel."""
    return dict(zip(CELLS, run_cells(tmp_path_factory.mktemp("kernel"), *CELLS.values()), strict=True))


def test_a_cell_is_profiled_by_py_spy_or_says_why_not(cells: dict[str, list[Any]]) -> None:
    said = shown(cells["busy"])
    assert re.search(
        r"hotspot: In\[2\] sampled by (py-spy|in-process sampling thread \(.*\)), 100 times", said
    )
    assert "'answer'" in said  # a last expression is shown as ever
    producer = "py-spy" if "by py-spy" in said else "in-process sampling thread"
    assert shown(cells["facts"]) == f"In[2] True ('In[2]', 7) {producer}\n"


def test_a_cell_is_profiled_in_process_where_py_spy_may_not_attach(cells: dict[str, list[Any]]) -> None:
    because = "in-process sampling thread (py-spy is not installed)"
    cell = f"In[{NUMBER['busy inside']}]"
    assert f"hotspot: {cell} sampled by {because}, 100 times a second" in shown(cells["busy inside"])
    assert shown(cells["facts inside"]) == f"{cell} True ('{cell}', 7) in-process sampling thread\n"


def test_functions_of_other_cells_keep_their_cells_name(cells: dict[str, list[Any]]) -> None:
    here, there = (f"In[{NUMBER[name]}]" for name in ("call", "define"))
    assert shown(cells["called"]) == f"[('<module>', '{here}'), ('work', '{there}')]\n"


def test_an_error_ends_the_cell_and_what_was_seen_until_then_is_shown(cells: dict[str, list[Any]]) -> None:
    cell = f"In[{NUMBER['fail']}]"
    errors = [out for out in cells["fail"] if out.output_type == "error"]
    assert [error.ename for error in errors] == ["ZeroDivisionError"]
    assert cell in re.sub(r"\x1b\[[0-9;]*m", "", "".join(errors[0].traceback))
    assert f"{cell}:3" in shown(cells["fail"])
    assert shown(cells["failed"]) == f"{cell}\n"


def test_a_wrong_line_is_refused_in_a_sentence(cells: dict[str, list[Any]]) -> None:
    said = "UsageError: %%hotspot: 'a b' is not understood; write %%hotspot [NAME] [-r HZ]"
    assert said in str(cells["wrong"])


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
