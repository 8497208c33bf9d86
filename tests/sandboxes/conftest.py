"""Shared by the tests of all sandboxes: both event loops, and every sandbox."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from agentchat.sandboxes.bubblewrap import BubblewrapSandbox
from agentchat.sandboxes.choosing import SANDBOXES
from agentchat.seams import Sandbox

from .looking import children


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One after the other where tests run side by side: the kernel counts processes by user, over all sandboxes."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("sandboxes"))


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def _why_no_bubblewrap() -> str | None:
    return anyio.run(BubblewrapSandbox().probe)


@pytest.fixture(autouse=True)
def _bubblewrap_or_skip(request: pytest.FixtureRequest) -> None:
    """Without bubblewrap its tests are skipped; where CI=true they fail, so that they cannot go missing unseen."""
    if request.node.get_closest_marker("bwrap") is None:
        return
    reason: str | None = request.getfixturevalue("_why_no_bubblewrap")
    if reason is not None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)


@pytest.fixture(params=[pytest.param("bubblewrap", marks=pytest.mark.bwrap), "monty", "unsafe-host"])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    if request.param == "monty":
        pytest.importorskip("pydantic_monty")
    return SANDBOXES[request.param]()


@pytest.fixture(params=[pytest.param("bubblewrap", marks=pytest.mark.bwrap), "unsafe-host"])
def processes(request: pytest.FixtureRequest) -> Sandbox:
    """The sandboxes in which a program can start processes."""
    return SANDBOXES[request.param]()


@pytest.fixture
def jail() -> BubblewrapSandbox:
    return BubblewrapSandbox()


@pytest.fixture
def nothing_left() -> Iterator[None]:
    """Fails a test that leaves a child process behind, dead or alive."""
    before = children()
    yield
    assert children() <= before
