"""Which servers are there: one question to each, the key to its own home only, and no answer that can hurt."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from agentchat.models import servers
from agentchat.models.forbid import real_models_forbidden
from agentchat.models.servers import Served, ask_servers

pytestmark = pytest.mark.anyio
MODELS = json.dumps({"object": "list", "data": [{"id": "qwen3"}, {"id": "smol"}]}).encode()


class Asked(ThreadingHTTPServer):
    """A server with one answer; what it was asked is kept. Without an answer it is silent until it is closed."""

    daemon_threads = True

    def __init__(self, body: bytes | None, status: int) -> None:
        self.body, self.status = body, status
        self.requests: list[tuple[str, str | None]] = []
        self.over = threading.Event()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: Asked

    def do_GET(self) -> None:
        self.server.requests.append((self.path, self.headers.get("Authorization")))
        if self.server.body is None:
            self.server.over.wait(30)
            return
        self.send_response(self.server.status)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(body: bytes | None, status: int = 200) -> Iterator[Asked]:
    server = Asked(body, status)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


async def one(url: str, seconds: float = 5.0) -> Served:
    return (await ask_servers([url], seconds=seconds))[0]


async def test_the_models_of_a_server() -> None:
    with serving(MODELS) as server:
        assert await one(server.url) == Served(server.url, ("qwen3", "smol"))
        assert await one(f"{server.url}/") == Served(f"{server.url}/", ("qwen3", "smol"))
        assert server.requests == [("/v1/models", None)] * 2


async def test_answers_come_in_the_order_of_the_questions_and_each_server_is_asked_once() -> None:
    with serving(MODELS) as first, serving(b'{"data":[]}') as second:
        urls = [second.url, first.url, second.url]
        assert [served.url for served in await ask_servers(urls)] == urls
        assert len(second.requests) == 1
    assert await ask_servers([]) == ()


async def test_the_key_goes_to_its_own_home_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    with serving(MODELS) as home, serving(MODELS) as stranger:
        monkeypatch.setenv("OPENAI_BASE_URL", home.url)
        await ask_servers([home.url, stranger.url])
        assert home.requests == [("/v1/models", "Bearer sk-mine")]
        assert stranger.requests == [("/v1/models", None)]
        monkeypatch.setenv("OPENAI_API_KEY", "sk-\nmine")
        await ask_servers([home.url])
        assert home.requests[1:] == [("/v1/models", None)]


async def test_a_server_that_wants_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(b"{}", 401) as server:
        assert (await one(server.url)).problem == "answers, but wants a key"
        monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        assert (await one(server.url)).problem == "answers, but refuses the key OPENAI_API_KEY"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"<html>", 200),
        (b"[]", 200),
        (b'{"data":{}}', 200),
        (b"\xff", 200),
        (b"[" * 100_000, 200),
        (MODELS, 500),
        (MODELS, 302),
    ],
)
async def test_an_answer_that_is_no_list(body: bytes, status: int) -> None:
    with serving(body, status) as server:
        served = await one(server.url)
        assert served == Served(server.url, None, f"answers, but with no list of models (status {status})")
        assert len(server.requests) == 1  # nowhere else, whatever the answer says


async def test_entries_without_a_name_are_left_out() -> None:
    with serving(b'{"data":[{"id":1},{"id":"a"},"b",{}]}') as server:
        assert (await one(server.url)).models == ("a",)


async def test_a_server_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "LONGEST", 100)
    with serving(b" " * 101 + MODELS) as server:
        assert (await one(server.url)).problem == "answers, but its list of models has no end"


async def test_a_server_that_is_silent() -> None:
    with serving(None) as server:
        assert (await one(server.url, 0.2)).problem == "no answer within 0.2 seconds"


async def test_no_server() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        assert (await one(url)).problem == "no answer (Connection refused); is the server running?"
    with socket.create_server(("127.0.0.1", 0)) as mute:
        hanging_up = threading.Thread(target=lambda: mute.accept()[0].close())
        hanging_up.start()
        url = f"http://127.0.0.1:{mute.getsockname()[1]}/v1"
        assert str((await one(url)).problem).startswith("no answer (")
        hanging_up.join()


async def test_what_is_not_asked_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "a base URL looks like" in str((await one("127.0.0.1/v1")).problem)
    assert "real models are switched off" in str((await one("https://api.openai.com/v1")).problem)
    with serving(MODELS) as server:
        with real_models_forbidden():
            assert "real models are switched off" in str((await one(server.url)).problem)
        monkeypatch.setenv("OPENAI_BASE_URL", "nonsense")
        assert "a base URL looks like" in str((await one(server.url)).problem)
        assert server.requests == []
