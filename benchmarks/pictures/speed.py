"""A flame graph page of a million nodes: how long it takes to make, open and zoom, and how large it is."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
from hotspot.analysis.flame import flame_of_profile
from hotspot.builder import ProfileBuilder
from hotspot.profile import Profile, Provenance
from hotspot.report.flamegraph import CARRIED, page
from hotspot.units import ValueType
from tests.chromium import open_page

NODES, FUNCTIONS = 1_000_000, 5_000
ZOOM = """(async () => {
  const graph = document.querySelector("section").flamegraph, start = performance.now();
  graph.zoom(1);
  await graph.ready;
  window.zoomed = performance.now() - start;
})()"""


def drawn() -> Profile:
    random = np.random.default_rng(1)
    builder = ProfileBuilder((ValueType("samples", "count"),))
    ids = np.array(
        [builder.frames.intern(f"m{i % 60}::Type{i}::f", "", 0, "", 0) for i in range(FUNCTIONS)], "i4"
    )
    parent = np.append(-1, random.random(NODES - 1) * np.arange(1, NODES)).astype(np.int32)
    builder.add_nodes(parent, ids[random.integers(0, FUNCTIONS, NODES)])
    builder.add_samples(np.arange(NODES, dtype=np.int32), random.zipf(1.6, NODES).clip(1, 10**6))
    return builder.build(Provenance())


def main() -> None:
    profile = drawn()
    start = time.perf_counter()
    content = page(flame_of_profile(profile).pruned(CARRIED), "a million nodes")
    print(f"made in {time.perf_counter() - start:.2f} s, {len(content) / 2**20:.1f} MB")
    with tempfile.TemporaryDirectory() as folder, open_page(Path(folder)) as browser:
        file = Path(folder) / "flame.html"
        file.write_bytes(content)
        browser.window(1400, 900)
        start = time.perf_counter()
        browser.open(file.as_uri())
        browser.wait_for("document.querySelector('section.flamegraph')?.dataset.ready")
        print(f"opened in {time.perf_counter() - start:.2f} s")
        browser.evaluate(ZOOM)
        print(f"zoomed in {browser.wait_for('window.zoomed') / 1000:.2f} s")


if __name__ == "__main__":
    main()
