"""Notebooks run in a real kernel; what their cells showed is text, HTML and figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbclient
import nbformat

PLOTLY = "application/vnd.plotly.v1+json"


def execute(notebook: Any, folder: Path) -> None:
    """Run all cells with ``folder`` as the current one; a cell's exception stays in its outputs."""
    nbclient.NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        allow_errors=True,
        resources={"metadata": {"path": str(folder)}},
    ).execute()


def run_cells(folder: Path, *cells: str) -> list[list[Any]]:
    """Run cells in a fresh kernel and return the outputs of each."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    execute(notebook, folder)
    return [cell.outputs for cell in notebook.cells]


def shown(outputs: list[Any], kind: str = "text/plain") -> str:
    """Return what a cell's outputs show: streams, and data of one kind."""
    texts = [
        out.text if out.output_type == "stream" else out.get("data", {}).get(kind, "") for out in outputs
    ]
    return "\n".join(str(text) for text in texts if text)
