"""The recorded pools as profiles: one row a stack, perf's thinned to the number of samples that is asked for."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from hotspot.analysis.union import unite
from hotspot.importers.registry import load
from hotspot.profile import Profile, Samples

Pool = dict[str, list[Profile]]


def read_pool(cache: Path, plan: str) -> Pool:
    """Return the runs of each variant of a plan, in the order of recording."""
    stored = cache / "profiles" / f"{plan}.pickle"
    if stored.exists():
        pool: Pool = pickle.loads(stored.read_bytes())
        return pool
    folder = cache / "runs" / plan
    facts = [json.loads(line) for line in (folder / "runs.jsonl").read_text().splitlines()]
    pool = {}
    for fact in sorted(facts, key=lambda fact: fact["begin"]):
        if not (folder / fact["file"]).exists():
            continue
        pool.setdefault(fact["variant"], []).append(_read(folder / fact["file"]))
    stored.parent.mkdir(exist_ok=True)
    stored.write_bytes(pickle.dumps(pool))
    return pool


def _read(path: Path) -> Profile:
    if path.suffix == ".data":
        text = path.with_suffix(".txt")
        with text.open("wb") as out:
            subprocess.run(
                ["perf", "script", "-i", str(path)], stdout=out, stderr=subprocess.DEVNULL, check=True
            )
        profile = load(str(text))
        text.unlink()
    else:
        profile = load(str(path))
    return counted(profile)


def counted(profile: Profile) -> Profile:
    """Return the profile's samples alone, one row a stack."""
    counts = profile.sample_counts
    assert counts is not None
    at_leaf = profile.sum_at_leaves(counts)
    leaf = np.flatnonzero(at_leaf).astype(np.int32)
    samples = Samples(leaf, at_leaf[leaf].reshape(-1, 1))
    types = tuple(v for v in profile.value_types if v.type == "samples") or profile.value_types[:1]
    return replace(profile, samples=samples, value_types=types[:1], selected=0, threads=()).check()


def thinned(profile: Profile, share: float, rng: np.random.Generator) -> Profile:
    """Return what a sampler of a lower rate would have seen: each sample kept with that probability."""
    kept = rng.binomial(profile.weights, share)
    rows = kept > 0
    samples = Samples(profile.samples.leaf[rows], kept[rows].astype(np.int64).reshape(-1, 1))
    return replace(profile, samples=samples)


def main() -> None:
    cache = Path(sys.argv[1] if len(sys.argv) > 1 else ".diffbench")
    for folder in sorted((cache / "runs").iterdir()):
        pool = read_pool(cache, folder.name)
        for variant, runs in pool.items():
            totals = [run.total for run in runs]
            nodes = len(unite(runs[:1], runs[1:2]).tree)
            print(
                f"{folder.name:16} {variant:16} {len(runs):3} runs, {np.mean(totals):8.0f} +- {np.std(totals):.0f} samples, {nodes} nodes"
            )


if __name__ == "__main__":
    main()
