"""Choosing a sandbox by name: what is asked for, or an error that says what to do. Never the host by itself."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from agentchat.errors import ConfigurationError
from agentchat.sandboxes.choosing import choose
from agentchat.sandboxes.host import HostSandbox

pytestmark = pytest.mark.anyio


@pytest.mark.bwrap
async def test_auto_is_bubblewrap_where_it_works() -> None:
    assert (await choose("auto")).name == "bubblewrap"


@pytest.mark.parametrize("name", [pytest.param("bubblewrap", marks=pytest.mark.bwrap), "monty", "unsafe-host"])
async def test_by_name(name: str) -> None:
    if name == "monty":
        pytest.importorskip("pydantic_monty")
    assert (await choose(name)).name == name


async def test_an_object_is_taken_as_it_is() -> None:
    sandbox = HostSandbox()
    assert await choose(sandbox) is sandbox


@pytest.mark.parametrize(
    ("name", "near"), [("bubblewarp", "bubblewrap"), ("Monty", "monty"), ("unsafehost", "unsafe-host")]
)
async def test_unknown_name(name: str, near: str) -> None:
    with pytest.raises(ConfigurationError, match=f"did you mean '{near}'"):
        await choose(name)


async def test_unknown_name_near_to_nothing() -> None:
    with pytest.raises(ConfigurationError, match="There are 'auto', 'bubblewrap', 'monty', 'unsafe-host'"):
        await choose("qqqqqqqq")


# In a process of its own, where the PATH has no bubblewrap and the import of Monty fails.
SCRIPT = """
import sys, anyio
if "monty" in sys.argv[3:]:
    sys.modules["pydantic_monty"] = None
from agentchat.errors import SandboxUnavailable
from agentchat.sandboxes.choosing import choose
async def main():
    try:
        print((await choose(sys.argv[2])).name)
    except SandboxUnavailable as error:
        print("refused:", error)
anyio.run(main, backend=sys.argv[1])
"""


def without(backend: str, spec: str, *missing: str) -> str:
    environment = os.environ | ({"PATH": "/nowhere"} if "bubblewrap" in missing else {})
    command = [sys.executable, "-c", SCRIPT, backend, spec, *missing]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    return done.stdout.strip()


def test_auto_is_monty_without_bubblewrap(anyio_backend: str) -> None:
    pytest.importorskip("pydantic_monty")
    assert without(anyio_backend, "auto", "bubblewrap") == "monty"


def test_auto_without_anything_says_what_to_install(anyio_backend: str) -> None:
    said = without(anyio_backend, "auto", "bubblewrap", "monty")
    assert said.startswith("refused:")
    assert "apt-get install bubblewrap" in said
    assert "pip install 'agentchat[sandbox]'" in said
    assert "bubblewrap is not installed" in said


@pytest.mark.parametrize("spec", ["bubblewrap", "monty"])
def test_what_was_asked_for_is_not_replaced(anyio_backend: str, spec: str) -> None:
    said = without(anyio_backend, spec, "bubblewrap", "monty")
    assert said.startswith(f"refused: the sandbox '{spec}' does not work here")
    assert "install" in said


@pytest.mark.bwrap
async def test_the_probe_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await choose("bubblewrap")).name == "bubblewrap"
    monkeypatch.setenv("PATH", "/nowhere")
    assert await (await choose("bubblewrap")).probe() is None
