"""Fixtures for every room's tests."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("no deadline", deadline=None)  # machines are shared: time says nothing about a property
settings.load_profile("no deadline")

pytest_plugins = ["tests.browser"]

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The development data beside the checkout: absent in a user's clone (skip), never in CI (fail)."""
    if not (SHARED / "seeds").is_dir():
        if os.environ.get("CI") == "true" and not os.environ.get("GITHUB_ACTIONS"):
            pytest.fail(f"{SHARED} is missing, and tests that need it may not be skipped in CI")
        pytest.skip("needs the development data in ../shared, which is not part of the repository")
    return SHARED
