"""A third party's importer: a package with an entry point in the group ``hotspot.importers``, found as pip installs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

IMPORTER = """
from hotspot.builder import ProfileBuilder
from hotspot.importers.base import ImporterInfo, Match
from hotspot.profile import Provenance
from hotspot.units import ValueType

INFO = ImporterInfo("ticker", "Ticker counts", (".ticks",))

def detect(head):
    return Match.YES if head.data.startswith(b"TICKER") else Match.NO

def load(source, options):
    builder = ProfileBuilder((ValueType("samples", "count"),))
    for line in source.read().decode().splitlines()[1:]:
        name, count = line.split("=")
        builder.add_samples(builder.add_stacks([builder.frames.intern(name)], [0, 1]), [int(count)])
    return [builder.build(Provenance(path=source.path, checksum=source.checksum, format=INFO.name))]
"""


def installed(site: Path, module: str, code: str) -> None:
    """Lay a package out as pip does: the module and its metadata."""
    (site / f"{module}.py").write_text(code)
    metadata = site / f"{module}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[hotspot.importers]\n{module} = {module}\n")


def hotspot(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hotspot", *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_plugin_reads_its_format(tmp_path: Path) -> None:
    installed(tmp_path, "ticker_plugin", IMPORTER)
    (tmp_path / "counts").write_text("TICKER\nmain=3\nidle=1\n")
    result = hotspot(tmp_path, "top", str(tmp_path / "counts"), "-f", "json")
    assert (result.returncode, result.stderr) == (0, "")
    document = json.loads(result.stdout)
    assert document["profile"]["format"] == "ticker"
    assert [(row["function"], row["self"]) for row in document["rows"]] == [("main", 3), ("idle", 1)]
    assert "ticker" in hotspot(tmp_path, "formats").stdout


def test_a_plugin_that_cannot_be_imported_keeps_nothing_from_being_read(tmp_path: Path) -> None:
    installed(tmp_path, "broken_plugin", "import no_such_module\n")
    (tmp_path / "stacks.folded").write_text("main;work 3\nmain 1\n")
    result = hotspot(tmp_path, "top", str(tmp_path / "stacks.folded"), "-f", "json")
    assert result.returncode == 0
    assert json.loads(result.stdout)["profile"]["total"] == 4
    listed = hotspot(tmp_path, "formats")
    assert listed.returncode == 0
    assert "the importer plugin 'broken_plugin' cannot be loaded" in listed.stderr
