"""Fixtures for every room's tests."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from index.library import Library
from tests.fakes import WordEmbedder
from tests.service_process import ROOT

settings.register_profile("no deadline", deadline=None)  # machines are shared: time says nothing about a property
settings.load_profile("no deadline")

pytest_plugins = ["tests.browser"]

SHARED = ROOT.parent / "shared"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """An empty library, whose embedder knows words alone."""
    with Library.open(tmp_path / "data", WordEmbedder()) as library:
        yield library


@pytest.fixture(scope="session")
def shared() -> Path:
    """The development data beside the checkout: absent in a user's clone (skip), never in CI (fail)."""
    if not (SHARED / "seeds").is_dir():
        if os.environ.get("CI") == "true" and not os.environ.get("GITHUB_ACTIONS"):
            pytest.fail(f"{SHARED} is missing, and tests that need it may not be skipped in CI")
        pytest.skip("needs the development data in ../shared, which is not part of the repository")
    return SHARED


@pytest.fixture(scope="session", autouse=True)
def soaking(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str] | None]:
    """Three minutes of load on a service, begun with the first test where one is to judge it."""
    if not any(item.get_closest_marker("soak") for item in request.session.items):
        yield None
        return
    command = [sys.executable, "-m", "tests.soak", "--minutes", "3", "--fakes"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.terminate()
