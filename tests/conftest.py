"""Every async test runs on both backends, and no test reaches a real model by accident."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from agentchat.models.forbid import real_models_forbidden

# how long one example takes says nothing on a busy machine; the rest stays as the default profile, or CI, has it
settings.register_profile("agentchat", settings(deadline=None))
settings.load_profile("agentchat")


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(autouse=True)
def _no_real_models() -> Iterator[None]:
    with real_models_forbidden(loopback=True):
        yield
