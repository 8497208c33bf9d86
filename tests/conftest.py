"""Every async test runs on both backends, and no test reaches a real model by accident."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agentchat.models.forbid import real_models_forbidden


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(autouse=True)
def _no_real_models() -> Iterator[None]:
    with real_models_forbidden(loopback=True):
        yield
