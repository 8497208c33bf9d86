"""What OpenAIModel makes of everything that goes wrong, over a real connection."""

from __future__ import annotations

import gc
import socket
import threading
from contextlib import closing

import anyio
import anyio.to_thread
import pytest
from openai import AsyncOpenAI

from agentchat.errors import (
    ConfigurationError,
    ModelBadReply,
    ModelBusy,
    ModelError,
    ModelKeyMissing,
    ModelRejected,
    ModelServerError,
    ModelTimeout,
    ModelUnreachable,
    ModelUnsupported,
    RealModelForbidden,
)
from agentchat.models.arriving import MAX_TEXT
from agentchat.models.forbid import allow_real_models, real_models_forbidden
from agentchat.models.openai import OpenAIModel
from tests.models.asking import Heard, ask, request_for
from tests.servers.fake_openai import (
    DONE,
    Behaviour,
    Exchange,
    FakeServer,
    chunk,
    cut,
    drip,
    error,
    hang,
    no_answer,
    raw,
    sse,
    status,
    stream,
    text_events,
    whole,
)

pytestmark = pytest.mark.anyio

BEGUN = [sse(chunk({"content": "half "})), sse(chunk({"content": "an answer"}))]
TORN = [*BEGUN, b'data: {"choices":[{"delta":{"content":" to']


async def fails(behaviour: Behaviour, *, timeout: float = 60.0) -> ModelError:
    """The error of one call; there was one attempt only."""
    with FakeServer([behaviour]) as server:
        model = OpenAIModel("small", base_url=server.base_url, api_key="sk-secret-1", timeout=timeout)
        with pytest.raises(ModelError) as caught:
            await ask(model)
        assert len(server.requests) == 1
    assert "sk-secret" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    "behaviour",
    [
        raw(BEGUN),
        raw([*BEGUN, DONE]),
        raw(TORN),
        raw([*BEGUN, b"dat"]),
        cut(BEGUN),
        cut(TORN),
        cut(TORN, reset=True),
        cut([*BEGUN, sse(chunk({}, finish="stop"))], reset=True),
        raw([*BEGUN, sse(chunk({}, finish="stop")), b'data: {"usa']),
    ],
    ids=["no-finish", "done-unfinished", "torn", "torn-field", "closed", "closed-torn", "rst", "rst-late", "torn-late"],
)
async def test_a_stream_that_breaks_off(behaviour: Behaviour) -> None:
    failure = await fails(behaviour)
    assert type(failure) is ModelBadReply
    assert failure.retryable
    assert "broke off" in str(failure)
    # A RST may overtake what was sent before it.
    assert failure.partial in ("half an answer", "half ", None)


@pytest.mark.parametrize("behaviour", [raw(BEGUN), raw(TORN), cut(BEGUN), hang(BEGUN)])
async def test_what_had_arrived_is_kept(behaviour: Behaviour) -> None:
    assert (await fails(behaviour, timeout=0.5)).partial == "half an answer"


PAGE = "<!DOCTYPE html><html><title>Welcome to the wifi</title></html>"


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (status(200, PAGE), "web page.*Welcome to the wifi"),
        (raw([PAGE.encode()]), "web page.*Welcome to the wifi"),
        (raw([PAGE.encode()], headers={"Content-Type": "application/json"}), "web page.*Welcome to the wifi"),
        (raw([b"Fine, thanks"], headers={"Content-Type": "application/json"}), "something else: Fine, thanks"),
        (status(200, "fine, thanks"), "something else: fine, thanks"),
        (status(200, ""), "no answer but nothing"),
        (raw([]), "no answer but nothing"),
        (raw([b"data: {]\n\n"]), r"broken JSON: \{\]"),
        (raw([b"data: 17\n\n"]), "no answer: 17"),
        (raw([b"data: " + b"[" * 100_000 + b"\n\n"]), "broken JSON"),
        (raw([b'data: {"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n\n"]), "broken JSON"),
        (whole({"content": "x"}, finish=None), "finish_reason"),
        (status(200, []), "no answer"),
        (no_answer, "without an answer"),
    ],
)
async def test_what_is_no_answer(behaviour: Behaviour, words: str) -> None:
    failure = await fails(behaviour)
    assert type(failure) is ModelBadReply
    with pytest.raises(ModelBadReply, match=words):
        raise failure
    assert len(str(failure)) < 700


async def test_an_answer_without_end() -> None:
    piece = sse(chunk({"content": "x" * 1024**2}))
    failure = await fails(raw([piece] * (MAX_TEXT // 1024**2 + 1)))
    assert type(failure) is ModelBadReply
    assert f"longer than {MAX_TEXT} characters" in str(failure)
    assert len(failure.partial or "") == MAX_TEXT


@pytest.mark.parametrize("headers", [{"Content-Type": "text/event-stream"}, {"Content-Type": "application/json"}])
async def test_one_event_without_end(headers: dict[str, str]) -> None:
    failure = await fails(raw([b'data: {"x":"', *[b"x" * 1024**2] * 98], headers=headers))
    assert "bytes" in str(failure)


@pytest.mark.parametrize(
    ("behaviour", "kind", "words"),
    [
        (error(400, "context too long"), ModelUnsupported, r"'small' \(400\).*context too long"),
        (error(401, "bad key sk-secret-1"), ModelRejected, r"key \(401\): check OPENAI_API_KEY.*bad key \[key\]"),
        (error(403, "not yours"), ModelRejected, r"\(403\): check what the key may do.*not yours"),
        (status(404, {"detail": "Not Found"}), ModelRejected, r"127.0.0.1:\d+/v1 has no model 'small'.*Not Found"),
        (error(422, "what?"), ModelUnsupported, "what?"),
        (status(302, "", {"Location": "http://elsewhere/v1"}), ModelRejected, "redirects to http://elsewhere/v1"),
        (error(429, "", code="insufficient_quota"), ModelRejected, "no quota left"),
        (error(500, "kaputt"), ModelServerError, r"\(500\).*kaputt"),
        (status(502, PAGE), ModelServerError, r"\(502\).*wifi"),
        (status(529, ""), ModelServerError, r"failed \(529\)$"),
        (status(408, ""), ModelTimeout, r"\(408\)"),
    ],
)
async def test_a_status(behaviour: Behaviour, kind: type[ModelError], words: str) -> None:
    failure = await fails(behaviour)
    assert type(failure) is kind
    with pytest.raises(kind, match=words):
        raise failure


async def test_a_refusal_without_end() -> None:
    gone = threading.Event()

    def talk(exchange: Exchange) -> None:
        exchange.head(500, {"Content-Type": "text/plain"})
        try:
            for _ in range(10_000):
                exchange.send(b"no, " * 2**14)
        except OSError:
            gone.set()

    failure = await fails(talk)
    assert type(failure) is ModelServerError
    assert "It says: no, no" in str(failure)
    assert gone.is_set()
    gc.collect()  # trio warns of generators that were left half read


async def test_a_refusal_that_breaks_off() -> None:
    failure = await fails(cut([b'{"error":'], status=500))
    assert type(failure) is ModelBadReply
    assert "refused, and broke off" in str(failure)


async def test_a_client_that_cannot_get_its_key() -> None:
    async def no_key() -> str:
        return ""

    async with AsyncOpenAI(api_key=no_key, base_url="http://127.0.0.1:1/v1") as own:
        with pytest.raises(ModelRejected, match="could not send"):
            await ask(OpenAIModel("m", client=own))


@pytest.mark.parametrize("number", [429, 503])
async def test_the_wait_that_a_server_asks_for(number: int) -> None:
    failure = await fails(error(number, "slow down", {"Retry-After": "12"}))
    assert failure.retry_after == 12.0
    assert failure.retryable
    assert isinstance(failure, ModelBusy) is (number == 429)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({"error": {"message": "boom", "type": "server_error"}}, ModelServerError),
        ({"error": {"message": "boom", "code": 429}}, ModelBusy),
        ({"error": {"message": "boom", "code": "rate_limit_exceeded"}}, ModelBusy),
        ({"error": {"message": "boom", "type": "invalid_request_error"}}, ModelRejected),
        ({"error": {"message": "boom", "code": "400"}}, ModelUnsupported),
        ({"error": {"message": "boom", "code": "insufficient_quota"}}, ModelRejected),
        ({"error": "boom"}, ModelServerError),
        ({"object": "error", "message": "boom", "code": 400}, ModelUnsupported),
    ],
)
async def test_an_error_object_inside_a_stream(data: object, kind: type[ModelError]) -> None:
    failure = await fails(raw([*BEGUN, sse(data)]))
    assert type(failure) is kind
    assert "boom" in str(failure)
    assert failure.partial == "half an answer"


@pytest.mark.parametrize("streaming", [True, False])
async def test_an_error_object_inside_a_choice(streaming: bool) -> None:
    """OpenRouter's way to say that the provider behind it went away."""
    error = {"code": 502, "message": "Provider disconnected"}
    choice = {"index": 0, "message": {"content": "half"}, "finish_reason": "error", "error": error}
    late = {"choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error", "error": error}]}
    failure = await fails(raw([*BEGUN, sse(late), DONE]) if streaming else status(200, {"choices": [choice]}))
    assert type(failure) is ModelServerError
    assert "Provider disconnected" in str(failure)


@pytest.mark.parametrize("word", ["error", "abort", "insufficient_system_resource", "network_error"])
async def test_an_ending_that_says_the_server_gave_up(word: str) -> None:
    failure = await fails(raw([*BEGUN, sse(chunk({}, finish=word)), DONE]))
    assert type(failure) is ModelServerError
    assert failure.retryable
    assert f"gave its answer up in the middle ({word})" in str(failure)
    assert failure.partial == "half an answer"


@pytest.mark.parametrize(
    "data",
    [
        {"code": 500, "msg": "NOT_FOUND", "success": False},
        {"detail": "NOT_FOUND"},
        {"data": "NOT_FOUND"},
    ],
)
@pytest.mark.parametrize("streaming", [True, False])
async def test_something_else_in_json_is_shown(data: object, streaming: bool) -> None:
    failure = await fails(raw([sse(data), DONE]) if streaming else status(200, data))
    assert type(failure) is ModelBadReply
    assert "no answer" in str(failure)
    assert "NOT_FOUND" in str(failure)


@pytest.mark.parametrize(
    "data", [b'{"message":"boom","type":"server_error"}', b"boom", b'{"error":{"message":"boom"}}']
)
async def test_an_event_named_error(data: bytes) -> None:
    failure = await fails(raw([*BEGUN, b"event: error\ndata: " + data + b"\n\n"]))
    assert type(failure) is ModelServerError
    assert "boom" in str(failure)


@pytest.mark.parametrize(
    "behaviour",
    [hang(head=False), hang(), hang(BEGUN), drip(text_events(["x"])), hang([b": keepalive\n\n"])],
    ids=["silent", "no-body", "stalled", "dripping", "keepalive"],
)
async def test_the_deadline_is_for_the_whole_call(behaviour: Behaviour) -> None:
    with FakeServer([behaviour]) as server:
        model = OpenAIModel("m", base_url=server.base_url, timeout=0.3)
        with anyio.fail_after(20), pytest.raises(ModelTimeout, match=r"within 0\.3 seconds; timeout= sets how many"):
            await ask(model)
        assert await anyio.to_thread.run_sync(server.requests[0].gone.wait, 20)


async def test_a_deadline_of_the_caller_is_not_ours() -> None:
    with FakeServer([hang(BEGUN)]) as server:
        model = OpenAIModel("m", base_url=server.base_url)
        with anyio.move_on_after(0.3) as scope:
            await ask(model)
        assert scope.cancelled_caught


@pytest.mark.parametrize("head", [False, True])
async def test_cancellation_closes_the_connection(head: bool) -> None:
    with FakeServer([hang(BEGUN if head else [], head=head), stream("ok")]) as server:
        model = OpenAIModel("m", base_url=server.base_url)
        begun = anyio.Event()
        heard = Heard()

        def emit(text: str) -> None:
            heard.append(text)
            if heard.text == "half an answer":
                begun.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(model.complete, request_for(model), emit)
            if head:
                await begun.wait()
            else:
                assert await anyio.to_thread.run_sync(server.wait_for, 1)
            tasks.cancel_scope.cancel()
        assert await anyio.to_thread.run_sync(server.requests[0].gone.wait, 20)
        reply, _ = await ask(model)
    assert reply.text == "ok"


async def test_what_emit_raises_comes_through_and_ends_the_call() -> None:
    def emit(text: str) -> None:
        raise ZeroDivisionError(text)

    with FakeServer([hang(BEGUN)]) as server:
        model = OpenAIModel("m", base_url=server.base_url)
        with pytest.raises(ZeroDivisionError):
            await model.complete(request_for(model), emit)
        assert await anyio.to_thread.run_sync(server.requests[0].gone.wait, 20)


async def test_nobody_listens_at_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    model = OpenAIModel(f"m@http://127.0.0.1:{port}/v1")
    with pytest.raises(ModelUnreachable, match=rf":{port}/v1 \(Connection refused\): start the local server"):
        await ask(model)


class Plain:
    """A server that sends these bytes, whatever it is asked, and closes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}/v1"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._socket.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(self._data)

    def close(self) -> None:
        self._thread.join(20)
        self._socket.close()


@pytest.mark.parametrize(
    ("scheme", "data", "kind", "words"),
    [
        ("http", b"SSH-2.0-OpenSSH_9\r\n\r\n", ModelBadReply, "is no HTTP.*check the address"),
        ("http", b"\x15\x03\x01\x00\x02\x02\x46", ModelBadReply, "is no HTTP"),
        ("http", b"", ModelBadReply, "closed the connection without an answer"),
        ("https", b"HTTP/1.1 400 Bad Request\r\n\r\n", ModelUnreachable, "write http:// in place of https://"),
    ],
)
async def test_who_speaks_another_protocol(scheme: str, data: bytes, kind: type[ModelError], words: str) -> None:
    server = Plain(data)
    with closing(server), pytest.raises(kind, match=words):
        await ask(OpenAIModel("m", base_url=f"{scheme}://{server.address}"))


async def test_no_such_host() -> None:
    allow_real_models()
    model = OpenAIModel("m@http://no-such-host.invalid/v1")
    with pytest.raises(ModelUnreachable, match=r"no-such-host.invalid/v1.*check the address"):
        await ask(model)


async def test_a_missing_key_says_what_to_do() -> None:
    allow_real_models()
    with pytest.raises(ModelKeyMissing) as caught:
        await ask(OpenAIModel("gpt"))
    message = str(caught.value)
    assert "OPENAI_API_KEY" in message
    assert "gpt@http://127.0.0.1:8080/v1" in message
    assert len(message.splitlines()) == 4


@pytest.mark.parametrize("key", ["sk-1\nsk-2", "sk-ü1234567"])
async def test_a_key_that_no_header_takes(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with FakeServer([stream("ok")]) as server:
        await ask(OpenAIModel("m", base_url=server.base_url))  # which does not get it
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        with pytest.raises(ConfigurationError, match="OPENAI_API_KEY holds") as caught:
            await ask(OpenAIModel("m"))
    assert key not in str(caught.value)
    with pytest.raises(ConfigurationError, match="api_key holds"):
        OpenAIModel("m", api_key=key)


async def test_a_base_url_of_the_environment_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "localhost:8080/v1")
    with pytest.raises(ConfigurationError, match=r"OPENAI_BASE_URL: .* not 'localhost:8080/v1'"):
        await ask(OpenAIModel("m"))


async def test_which_key_goes_where(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeServer([stream("ok"), stream("ok"), stream("ok"), error(401, "who are you?")]) as server:
        here = server.base_url
        await ask(OpenAIModel("m", base_url=here))
        monkeypatch.setenv("OPENAI_API_KEY", "sk-environment")
        await ask(OpenAIModel("m", base_url=here, api_key="sk-given"))
        monkeypatch.setenv("OPENAI_BASE_URL", here)
        await ask(OpenAIModel("m"))
        monkeypatch.delenv("OPENAI_BASE_URL")
        with pytest.raises(ModelRejected, match=r"goes only to api\.openai\.com"):
            await ask(OpenAIModel(f"m@{here}"))
    sent = [received.headers["authorization"] for received in server.requests]
    assert sent == ["Bearer none", "Bearer sk-given", "Bearer sk-environment", "Bearer none"]


async def test_real_models_are_forbidden() -> None:
    with FakeServer([stream("ok")]) as server:
        model = OpenAIModel("m", base_url=server.base_url)
        with real_models_forbidden(), pytest.raises(RealModelForbidden, match="switched off"):
            await ask(model)
        with pytest.raises(RealModelForbidden):
            await ask(OpenAIModel("m", api_key="sk-x"))
        own = AsyncOpenAI(api_key="sk-x", base_url="https://user:pw@example.invalid/v1?key=pw")
        with pytest.raises(RealModelForbidden) as caught:
            await ask(OpenAIModel("m", client=own))
        await own.close()
        assert "pw" not in str(caught.value)
        assert server.requests == []


async def test_a_client_that_is_none() -> None:
    class NoClient:
        api_key = "x"
        base_url = "http://127.0.0.1:1/v1"

        def is_closed(self) -> bool:
            return False

        async def close(self) -> None:
            pass

    with pytest.raises(ConfigurationError, match="NoClient"):
        await ask(OpenAIModel("m", client=NoClient()))
