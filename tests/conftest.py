"""Fixtures every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hotspot.importers import perf_script
from hypothesis import settings

# Machines are shared and CI is slow at times: an example that takes long is no failure.
settings.register_profile("hotspot", deadline=None)
settings.load_profile("hotspot")

ROOT = Path(__file__).resolve().parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--bless", action="store_true", help="rewrite golden files from what hotspot does now")


@pytest.fixture(scope="session")
def samples() -> Path:
    """The shipped sample profiles."""
    return ROOT / "sample-profiles"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Real profiles other projects publish; not shipped, so tests that need them skip where they are absent."""
    path = Path(os.environ.get("HOTSPOT_CORPUS", ROOT.parent / "shared" / "corpus"))
    if not path.is_dir():
        pytest.skip(f"no corpus at {path}: set HOTSPOT_CORPUS to the folder that holds index.tsv")
    return path


@pytest.fixture(scope="module", params=["compiled", "numpy"])
def perf_script_reader(request: pytest.FixtureRequest) -> Iterator[None]:
    """Runs a test with each of the two ways to read perf script text."""
    if request.param == "compiled":
        if perf_script.perf_script_library() is None:
            pytest.skip("the compiled part of hotspot is not there: `make dev` with a C compiler builds it")
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(perf_script, "perf_script_library", lambda: None)
        yield


@pytest.fixture
def bless(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be rewritten."""
    return bool(request.config.getoption("--bless"))
