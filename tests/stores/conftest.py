from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from agentchat.seams import Store

from .script import KINDS, make_store


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=KINDS[1:])
def durable(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=KINDS[:2])
def many(request: pytest.FixtureRequest) -> str:
    """A store that keeps many conversations."""
    return str(request.param)


@pytest.fixture
async def store(anyio_backend: str, kind: str, tmp_path: Path) -> AsyncIterator[Store]:
    made = make_store(kind, tmp_path)
    yield made
    await made.aclose()


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that another user can look into; pytest's own belong to one user."""
    directory = Path(tempfile.mkdtemp())
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)
