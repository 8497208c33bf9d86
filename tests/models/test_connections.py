"""Connections live as long as their event loop, and leak nothing when it ends."""

from __future__ import annotations

import gc
import subprocess
import sys
from threading import Thread

import anyio
import pytest

from agentchat.errors import ConfigurationError
from agentchat.models.connections import client_for, close_connections
from agentchat.models.forbid import allow_real_models
from agentchat.models.openai import OpenAIModel
from agentchat.models.servers import ask_servers
from tests.models.asking import ask
from tests.servers.fake_openai import FakeServer, stream


@pytest.mark.parametrize("backends", [("asyncio", "asyncio"), ("trio", "trio"), ("asyncio", "trio")])
def test_one_model_serves_one_loop_after_another(backends: tuple[str, str]) -> None:
    with FakeServer([stream("ok")]) as server:
        model = OpenAIModel("m", base_url=server.base_url)
        texts = [anyio.run(ask, model, backend=backend)[0].text for backend in backends]
        assert texts == ["ok", "ok"]
        del model
        gc.collect()


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_connections_end_with_their_loop(backend: str) -> None:
    async def main(model: OpenAIModel) -> object:
        await ask(model)
        client = await client_for("none", server.base_url)
        assert not client.is_closed()
        assert client is await client_for("none", server.base_url)
        return client

    with FakeServer([stream("ok")]) as server:
        client = anyio.run(main, OpenAIModel("m", base_url=server.base_url), backend=backend)
        assert getattr(client, "is_closed")()  # noqa: B009  # the type of the client is not imported here


def test_a_proxy_is_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with FakeServer([stream("ok")]) as server:
        reply, _ = anyio.run(ask, OpenAIModel("m", base_url=server.base_url))
    assert reply.text == "ok"


ENVIRONMENTS = [
    ("ALL_PROXY", "socks5://me:hidden@127.0.0.1:9", "ALL_PROXY.*SOCKS.*pip install socksio"),
    ("https_proxy", "http://me:hidden:9", "https_proxy is no address of a proxy"),
    ("HTTPS_PROXY", "ftp://me:hidden@127.0.0.1:9", "HTTPS_PROXY is no address of a proxy"),
    ("SSL_CERT_FILE", "/no/such/file.pem", "SSL_CERT_FILE names no certificates .*No such file"),
    ("SSL_CERT_FILE", __file__, "SSL_CERT_FILE names no certificates"),
]


@pytest.mark.parametrize(("name", "value", "words"), ENVIRONMENTS)
def test_settings_of_the_environment_that_cannot_be_used_are_named(
    name: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for other in ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(other, raising=False)
        monkeypatch.delenv(other.lower(), raising=False)
    monkeypatch.setenv(name, value)
    allow_real_models()
    with pytest.raises(ConfigurationError, match=words) as caught:
        anyio.run(ask, OpenAIModel("m", base_url="https://host.invalid/v1"))
    assert "hidden" not in str(caught.value)
    [served] = anyio.run(ask_servers, ["https://host.invalid/v1"])
    assert served.problem == str(caught.value)


@pytest.mark.parametrize(("name", "value", "words"), ENVIRONMENTS)
def test_a_server_on_this_machine_needs_none_of_them(
    name: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with FakeServer([stream("ok")]) as server:
        reply, _ = anyio.run(ask, OpenAIModel("m", base_url=server.base_url))
        [served] = anyio.run(ask_servers, [server.base_url])
    assert reply.text == "ok"
    assert "with no list of models" in (served.problem or "")  # it was asked


def test_one_model_serves_loops_in_several_threads() -> None:
    texts: list[str] = []

    def run(model: OpenAIModel, backend: str) -> None:
        texts.append(anyio.run(ask, model, backend=backend)[0].text)

    with FakeServer([stream("ok")]) as server:
        model = OpenAIModel("m", base_url=server.base_url)
        threads = [Thread(target=run, args=(model, backend)) for backend in ("asyncio", "trio") * 3]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert texts == ["ok"] * 6


@pytest.mark.anyio
async def test_connections_may_be_closed_earlier() -> None:
    with FakeServer([stream("ok")]) as server:
        model = OpenAIModel("m", base_url=server.base_url)
        await ask(model)
        before = await client_for("none", server.base_url)
        await close_connections()
        await close_connections()
        assert before.is_closed()
        reply, _ = await ask(model)
    assert reply.text == "ok"


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_process_ends_without_a_warning(backend: str) -> None:
    program = (
        "import anyio, sys\n"
        "from agentchat.models.openai import OpenAIModel\n"
        "from tests.models.asking import ask\n"
        "assert 'openai' not in sys.modules\n"
        f"print(anyio.run(ask, OpenAIModel('m@' + sys.argv[1]), backend={backend!r})[0].text)\n"
    )
    with FakeServer([stream("ok")]) as server:
        command = [sys.executable, "-W", "error", "-c", program, server.base_url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ok\n", "")
