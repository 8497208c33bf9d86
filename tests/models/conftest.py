"""Model tests run on both backends, and may reach models on this machine only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agentchat.models.forbid import VARIABLE, real_models_forbidden
from tests.local_model import local_model_url

__all__ = ["local_model_url"]


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    assert isinstance(request.param, str)
    return request.param


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", VARIABLE):
        monkeypatch.delenv(name, raising=False)
    with real_models_forbidden(loopback=True):
        yield
