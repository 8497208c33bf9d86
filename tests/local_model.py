"""A real small model on this machine, for tests: `from tests.local_model import local_model_url` in a conftest.

It is the one that `agentchat models pull` fetches: not clever, but a real server and real sampling. Without it the
tests are skipped; with CI=true in the environment they fail, so that no pipeline loses them unseen.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from agentchat.models.local import LocalServer, installed


@pytest.fixture(scope="session")
def local_model_url() -> Iterator[str]:
    """The base URL of the small local model."""
    if not installed():
        reason = "the small local model is not installed (make local-model installs it)"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    server = LocalServer(port=0)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()
