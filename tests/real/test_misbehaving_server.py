"""A conversation with a server that does what a well-behaved one does not: all of it ends as events."""

from __future__ import annotations

import pytest

from agentchat.agents.assistant import Assistant
from agentchat.conversation import Conversation
from agentchat.debug.replay import replay
from agentchat.models.openai import OpenAIModel
from agentchat.policy.charter import CallLimits
from agentchat.policy.rules import MaxTurns
from agentchat.result import Result
from agentchat.transcript.chain import digest
from agentchat.transcript.events import CallFailed, CallStarted
from tests.runtime.team import only
from tests.servers import fake_openai as fake
from tests.servers.fake_openai import FakeServer

pytestmark = pytest.mark.anyio


async def ask(server: FakeServer, turns: int = 1) -> Result:
    ann = Assistant("ann", model=OpenAIModel(f"m@{server.base_url}", timeout=5.0), instructions="Be Ann.")
    result = await Conversation([ann], until=MaxTurns(turns)).run("Grüße, 你好 \U0001f600")
    assert [str(one) for one in replay(result.transcript).differences] == []
    sent = [
        event.digest
        for event in (e.event for e in only(result.transcript, CallStarted))
        if event.kind == "call_started"
    ]
    assert [digest(request.body) for request in server.requests] == sent  # the bytes on the wire are the recorded ones
    return result


def failures(result: Result) -> list[str]:
    events = [entry.event for entry in only(result.transcript, CallFailed)]
    return [event.error.type for event in events if isinstance(event, CallFailed)]


async def test_usage_and_text_of_a_good_stream() -> None:
    with FakeServer([fake.stream("Hel", "lo")]) as server:
        result = await ask(server)
    assert result.output == "Hello"
    assert (result.usage.total.input_tokens.known, result.usage.total.output_tokens.known) == (7, 3)


async def test_empty_content_is_a_message() -> None:
    with FakeServer([fake.stream()]) as server:
        result = await ask(server)
    assert result.output == ""
    assert result.outcome.kind == "limit"


async def test_missing_usage_is_unknown_not_nothing() -> None:
    with FakeServer([fake.stream("ok", usage=None)]) as server:
        result = await ask(server)
    assert str(result.usage.total.input_tokens) == "unknown"


@pytest.mark.parametrize(("number", "name"), [(429, "ModelBusy"), (500, "ModelServerError")])
async def test_a_failure_before_success_is_an_attempt_of_its_own(number: int, name: str) -> None:
    busy = fake.error(number, "not now", {"Retry-After": "0"})
    with FakeServer([busy, busy, fake.stream("at last")]) as server:
        result = await ask(server)
    assert result.output == "at last"
    assert failures(result) == [name, name]
    assert len(only(result.transcript, CallStarted)) == 3


async def test_a_stream_that_dies_keeps_what_arrived_and_is_tried_again() -> None:
    whole = fake.text_events(["half a ", "sentence"])
    with FakeServer([fake.cut(whole[:1], reset=True), fake.stream("whole")]) as server:
        result = await ask(server)
    assert result.output == "whole"
    failed = only(result.transcript, CallFailed)[0].event
    assert isinstance(failed, CallFailed)
    assert failed.retryable


async def test_ten_megabytes_are_a_message_and_stand_beside_the_log() -> None:
    piece = "0123456789abcdef" * 4096  # 64 KiB
    with FakeServer([fake.stream(*[piece] * 160)]) as server:
        result = await ask(server)
    assert isinstance(result.output, str)
    assert len(result.output) == 160 * len(piece)
    longest = max(len(result.transcript.line(seq)) for seq in range(1, len(result.transcript) + 1))
    assert longest < 4096
    assert list(result.transcript.blobs()) == [digest(result.output.encode())]


async def test_a_local_server_that_drops_connections_it_promised_to_keep_costs_no_call() -> None:
    """Each dropped call would be booked with all it had set aside, though nothing was asked."""
    with FakeServer([fake.fresh_only(fake.stream("one")), fake.fresh_only(fake.stream("two"))]) as server:
        result = await ask(server, turns=2)
    assert failures(result) == []
    assert result.output == "two"


async def test_no_request_ends_with_the_models_own_words() -> None:
    """Some servers refuse that, others let the model write on from there."""
    with FakeServer([fake.stream("one"), fake.stream("two"), fake.stream("three")]) as server:
        result = await ask(server, turns=3)
        asked = [request.json["messages"] for request in server.requests]
    assert result.output == "three"
    last = [messages[-1]["role"] for messages in asked if isinstance(messages, list)]
    assert last == ["user", "user", "user"]


async def test_a_request_that_is_refused_ends_the_run_by_name() -> None:
    with FakeServer([fake.error(401, "bad key")]) as server:
        result = await ask(server)
        assert len(server.requests) == 1
    assert result.outcome.kind == "failed"
    assert "ModelRejected" in result.outcome.reason


async def test_an_unreachable_server_is_named() -> None:
    with FakeServer([fake.stream()]) as server:
        address = server.base_url
    model = OpenAIModel(f"m@{address}")
    limits = CallLimits(attempts=1)
    result = await Conversation([Assistant("ann", model=model)], until=MaxTurns(1), limits=limits).run("go")
    assert result.outcome.kind == "failed"
    assert "ModelUnreachable" in result.outcome.reason
    assert address.rsplit("/", 1)[0].removeprefix("http://") in result.outcome.reason
