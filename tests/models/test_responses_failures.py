"""What OpenAIModel makes of everything that goes wrong on the wire "responses", over a real connection."""

from __future__ import annotations

import anyio
import anyio.to_thread
import pytest

from agentchat.errors import (
    ModelBadReply,
    ModelBusy,
    ModelError,
    ModelRejected,
    ModelServerError,
    ModelTimeout,
)
from agentchat.models.arriving import MAX_ITEMS, MAX_TEXT
from agentchat.models.http_errors import Service
from agentchat.models.openai import OpenAIModel
from agentchat.models.responses import ResponsesAnswer
from tests.models.asking import Heard, ask, request_for
from tests.servers.fake_openai import DONE, Behaviour, FakeServer, cut, error, hang, raw, sse, status, stream
from tests.servers.fake_responses import (
    begin,
    ending,
    event,
    events,
    function_call,
    in_one_piece,
    item_events,
    message,
    response,
)

pytestmark = pytest.mark.anyio

HALF = [one for one in item_events(0, message("half an answer"), size=5) if b"done" not in one]
BEGUN = [*begin(), *HALF]
TORN = [*BEGUN, b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":" to']


async def fails(behaviour: Behaviour, *, timeout: float = 60.0) -> ModelError:
    """The error of one call; there was one attempt only."""
    with FakeServer([behaviour]) as server:
        model = OpenAIModel("small", base_url=server.base_url, wire="responses", api_key="sk-secret-1", timeout=timeout)
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
        raw([*begin(), *item_events(0, message("half an answer"))]),
        cut(BEGUN),
        cut(TORN),
        in_one_piece(message("half"), state="in_progress"),
        in_one_piece(message("half"), state="queued"),
        stream("chat"),
    ],
    ids=["no-end", "done", "torn", "items", "closed", "closed-torn", "in-progress", "queued", "chat"],
)
async def test_an_answer_that_breaks_off(behaviour: Behaviour) -> None:
    failure = await fails(behaviour)
    assert type(failure) is ModelBadReply
    assert failure.retryable
    assert "broke off" in str(failure)


@pytest.mark.parametrize("behaviour", [raw(BEGUN), raw(TORN), cut(BEGUN), hang(BEGUN)])
async def test_what_had_arrived_is_kept(behaviour: Behaviour) -> None:
    assert (await fails(behaviour, timeout=0.5)).partial == "half an answer"


PAGE = "<!DOCTYPE html><html><title>Welcome to the wifi</title></html>"


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (status(200, PAGE), "web page.*Welcome to the wifi"),
        (raw([PAGE.encode()]), "web page.*Welcome to the wifi"),
        (status(200, ""), "no answer but nothing"),
        (raw([]), "no answer but nothing"),
        (raw([b"data: {]\n\n"]), r"broken JSON: \{\]"),
        (raw([b"data: 17\n\n"]), "no answer: 17"),
        (status(200, []), "no answer"),
        (status(200, {}), r"no answer: \{\}"),
        (status(200, {"code": 500, "msg": "404 NOT_FOUND"}), "no answer: .*404 NOT_FOUND"),
        (status(200, {"status": 7, "output": {}}), "no answer"),
        (status(200, {"status": "queued", "output": []}), "never completed"),
        (raw([sse({"type": "response.completed", "response": "?"})]), None),
    ],
)
async def test_what_is_no_answer(behaviour: Behaviour, words: str | None) -> None:
    if words is None:
        # The word that it is complete, and nothing else: an empty answer.
        with FakeServer([behaviour]) as server:
            reply, _ = await ask(OpenAIModel("m", base_url=server.base_url, wire="responses"))
        assert (reply.text, reply.usage, reply.response_id) == ("", None, None)
        return
    with pytest.raises(ModelBadReply, match=words):
        raise await fails(behaviour)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("server_error", ModelServerError),
        ("vector_store_timeout", ModelServerError),
        ("failed_to_download_image", ModelServerError),
        ("rate_limit_exceeded", ModelBusy),
        ("invalid_prompt", ModelRejected),
        ("image_too_large", ModelRejected),
        ("bio_policy", ModelRejected),
        ("unsupported_image_media_type", ModelRejected),
        ("data_residency_mismatch", ModelRejected),
        ("insufficient_quota", ModelRejected),
    ],
)
async def test_a_response_that_failed(code: str, kind: type[ModelError]) -> None:
    problem = {"code": code, "message": "boom sk-secret-1"}
    failed = response(status="failed", error=problem)
    for behaviour, partial in (
        (raw([*BEGUN, event("response.failed", response=failed)]), "half an answer"),
        (status(200, failed), None),
        (raw([*BEGUN, event("error", **problem, param=None)]), "half an answer"),
        (raw([*BEGUN, event("error", error=problem)]), "half an answer"),
        (raw([*BEGUN, sse({"type": "error", **problem})]), "half an answer"),
        (raw([*BEGUN, sse({"error": problem})]), "half an answer"),
        (status(200, {"error": problem}), None),
    ):
        failure = await fails(behaviour)
        assert type(failure) is kind
        assert "boom [key]" in str(failure)
        assert failure.partial == partial


@pytest.mark.parametrize("word", ["failed", "cancelled"])
async def test_a_response_that_failed_without_a_reason(word: str) -> None:
    for behaviour in (in_one_piece(state=word), raw([*begin(), ending(status=word)])):
        failure = await fails(behaviour)
        assert type(failure) is ModelServerError
        assert f"the response is {word}" in str(failure)


@pytest.mark.parametrize(
    ("behaviour", "kind", "words"),
    [
        (error(400, "Encrypted content is not supported"), ModelRejected, r"'small' \(400\).*Encrypted"),
        (error(401, "bad key sk-secret-1"), ModelRejected, r"key \(401\).*bad key \[key\]"),
        (error(404, "no such path"), ModelRejected, r"\(404\).*no such path"),
        (error(429, "slow down"), ModelBusy, "429"),
        (error(500, "kaputt"), ModelServerError, r"\(500\).*kaputt"),
    ],
)
async def test_a_status(behaviour: Behaviour, kind: type[ModelError], words: str) -> None:
    with pytest.raises(kind, match=words):
        raise await fails(behaviour)


async def test_the_deadline_covers_the_whole_call() -> None:
    failure = await fails(hang(BEGUN), timeout=0.3)
    assert type(failure) is ModelTimeout


async def test_what_follows_the_end_is_not_waited_for() -> None:
    with FakeServer([hang(events(message("ok")))]) as server:
        reply, _ = await ask(OpenAIModel("m", base_url=server.base_url, wire="responses"))
    assert reply.text == "ok"


async def test_cancellation_closes_the_connection() -> None:
    with FakeServer([hang(BEGUN)]) as server:
        model = OpenAIModel("m", base_url=server.base_url, wire="responses")
        heard = Heard()
        with anyio.CancelScope() as scope:

            def emit(text: str) -> None:
                heard.append(text)
                scope.cancel()

            await model.complete(request_for(model), emit)
        assert scope.cancelled_caught
        assert await anyio.to_thread.run_sync(server.requests[0].gone.wait, 20)


SERVICE = Service("m", "http://h/v1")


async def test_an_answer_without_end() -> None:
    answer = ResponsesAnswer(SERVICE, Heard().append)
    piece = event("response.output_text.delta", output_index=0, delta="x" * 1024**2).split(b"data: ")[1]
    for _ in range(MAX_TEXT // 1024**2):
        answer.take(piece)
    with pytest.raises(ModelBadReply, match=f"longer than {MAX_TEXT} characters"):
        answer.take(piece)


def _data(raw_event: bytes) -> bytes:
    return raw_event.split(b"data: ")[1]


async def test_all_of_an_answer_is_counted_once() -> None:
    answer = ResponsesAnswer(SERVICE, Heard().append, max_text=20)
    for one in events(message("12345"), function_call("a", "f", '{"x":12}')):
        answer.take(_data(one))
    answer.take(_data(event("response.reasoning_text.delta", output_index=9, delta="1234567")))
    with pytest.raises(ModelBadReply, match="longer than 20"):
        answer.take(_data(event("response.function_call_arguments.delta", output_index=8, delta="1")))


async def test_items_without_end() -> None:
    answer = ResponsesAnswer(SERVICE, Heard().append)
    for place in range(MAX_ITEMS):
        answer.take(_data(event("response.output_item.added", output_index=place, item=message())))
    with pytest.raises(ModelBadReply, match=f"more than {MAX_ITEMS} items"):
        answer.take(_data(event("response.output_item.added", output_index=-1, item=message())))
