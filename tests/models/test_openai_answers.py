"""What OpenAIModel makes of whole answers, over a real connection."""

from __future__ import annotations

import anyio
import httpx2
import pytest
from openai import AsyncOpenAI

from agentchat.errors import ModelBadReply, ModelServerError
from agentchat.models.arriving import LONGEST_WORD, MAX_ITEMS, MAX_TEXT
from agentchat.models.openai import OpenAIModel
from agentchat.transcript.calls import Reply, Usage
from agentchat.transcript.messages import ReasoningPart, TextPart, ToolCallPart
from tests.models.asking import Heard, ask, request_for
from tests.servers.fake_openai import (
    DONE,
    FakeServer,
    chunk,
    error,
    raw,
    sse,
    status,
    stream,
    text_events,
    whole,
)

pytestmark = pytest.mark.anyio


async def test_a_streamed_answer() -> None:
    with FakeServer([stream("It ", "is ", "4 🙂")]) as server:
        reply, heard = await ask(OpenAIModel("m", base_url=server.base_url))
    assert reply == Reply(
        parts=(TextPart(content="It is 4 🙂"),),
        finish="stop",
        model="fake-1",
        usage=Usage(input_tokens=7, output_tokens=3),
        response_id="chatcmpl-1",
    )
    assert heard == ["It ", "is ", "4 🙂"]


async def test_the_server_gets_the_exact_bytes_of_the_request() -> None:
    with FakeServer([stream("ok")]) as server:
        model = OpenAIModel(
            "m", base_url=server.base_url, temperature=0, seed=7, max_output=9, extra={"z": [1], "a": {"é": None}}
        )
        request = request_for(model)
        await model.complete(request, Heard().append)
    (received,) = server.requests
    assert received.body == request.body()
    assert received.path == "/v1/chat/completions"
    assert received.headers["content-type"] == "application/json"
    assert received.headers["idempotency-key"] == "key-1"
    assert list(received.json) == [
        *("messages", "model", "stream", "stream_options"),
        *("temperature", "seed", "a", "z", "max_completion_tokens"),
    ]


async def test_a_key_that_no_header_takes_is_quoted() -> None:
    with FakeServer([stream("ok")]) as server:
        model = OpenAIModel("m", base_url=server.base_url)
        await model.complete(request_for(model, key="gespräch/1\n"), Heard().append)
    assert server.requests[0].headers["idempotency-key"] == "gespr%C3%A4ch/1%0A"


async def test_an_answer_in_one_piece() -> None:
    with FakeServer([whole({"content": "four"})]) as server:
        reply, heard = await ask(OpenAIModel("m", base_url=server.base_url, stream=False))
    assert (reply.text, reply.finish, reply.usage) == ("four", "stop", Usage(input_tokens=7, output_tokens=3))
    assert heard.text == "four"
    assert "stream" not in server.requests[0].json


async def test_a_server_that_does_not_stream_though_asked() -> None:
    with FakeServer([whole({"content": "four"})]) as server:
        reply, heard = await ask(OpenAIModel("m", base_url=server.base_url))
    assert reply.text == heard.text == "four"


MARK = b"\xef\xbb\xbf"


@pytest.mark.parametrize("kind", ["text/plain", "", "application/json", "text/event-stream"])
@pytest.mark.parametrize("before", [b"", MARK, b"\r\n \n" * 500, MARK + b"\n"], ids=["bare", "mark", "blank", "both"])
async def test_an_answer_is_read_for_what_it_is_whatever_its_type_says(kind: str, before: bytes) -> None:
    headers = {"Content-Type": kind} if kind else {}
    body = b'{"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]}'
    streamed = b"".join([before, *text_events(["hi"])])
    bytes_alone = [streamed[place : place + 1] for place in range(len(streamed))]
    with FakeServer(
        [raw([one], headers=headers) for one in (streamed, before + body)] + [raw(bytes_alone, headers=headers)]
    ) as server:
        model = OpenAIModel("m", base_url=server.base_url)
        assert [(await ask(model))[0].text for _ in range(3)] == ["hi", "hi", "hi"]


async def test_an_empty_answer_is_an_answer() -> None:
    with FakeServer([stream()]) as server:
        reply, heard = await ask(OpenAIModel("m", base_url=server.base_url))
    assert (reply.parts, reply.finish, heard) == ((TextPart(content=""),), "stop", [])


@pytest.mark.parametrize(
    ("sent", "usage"),
    [
        (None, None),
        ({}, None),
        ("many", None),
        ({"prompt_tokens": -1, "completion_tokens": "3"}, None),
        ({"prompt_tokens": True, "completion_tokens": 1.5}, None),
        ({"prompt_tokens": 10**30, "completion_tokens": 0}, Usage(output_tokens=0)),
        ({"prompt_tokens": 10**9 + 1, "completion_tokens": 10**9}, Usage(output_tokens=10**9)),
        (
            {
                "prompt_tokens": 5,
                "prompt_tokens_details": {"cached_tokens": 4},
                "completion_tokens_details": {"reasoning_tokens": 2},
            },
            Usage(input_tokens=5, cached_input_tokens=4, reasoning_tokens=2),
        ),
        (
            # Thinking beside the output, as its total shows: xAI counts so.
            {
                "prompt_tokens": 5,
                "completion_tokens": 3,
                "total_tokens": 28,
                "completion_tokens_details": {"reasoning_tokens": 20},
            },
            Usage(input_tokens=5, output_tokens=23, reasoning_tokens=20),
        ),
        (
            {
                "prompt_tokens": 5,
                "completion_tokens": 30,
                "total_tokens": 35,
                "completion_tokens_details": {"reasoning_tokens": 20},
            },
            Usage(input_tokens=5, output_tokens=30, reasoning_tokens=20),
        ),
    ],
)
async def test_usage_is_what_the_server_said_or_unknown(sent: object, usage: Usage | None) -> None:
    with FakeServer([stream("x", usage=sent)]) as server:
        reply, _ = await ask(OpenAIModel("m", base_url=server.base_url))
    assert reply.usage == usage


async def test_tool_calls_come_in_fragments() -> None:
    fragments: list[dict[str, object]] = [
        {"index": 0, "id": "a", "type": "function", "function": {"name": "add", "arguments": ""}},
        {"index": 0, "function": {"arguments": '{"x": 1,'}},
        {"index": 1, "id": "b", "function": {"name": "sub", "arguments": "{"}},
        {"index": 1, "id": "b", "function": {"name": "sub", "arguments": ""}},
        {"index": 1, "function": {"name": "tract"}},
        {"index": 0, "function": {"arguments": ' "y": 2}'}},
    ]
    events = [sse(chunk({"tool_calls": [fragment, "?"]})) for fragment in fragments]
    with FakeServer([raw([*events, sse(chunk({}, finish="tool_calls")), DONE])]) as server:
        reply, heard = await ask(OpenAIModel("m", base_url=server.base_url))
    assert reply.parts == (
        ToolCallPart(id="a", name="add", arguments='{"x": 1, "y": 2}'),
        ToolCallPart(id="b", name="subtract", arguments="{"),
    )
    assert (reply.finish, heard) == ("tool_calls", [])


async def test_tool_calls_that_all_have_number_0() -> None:
    calls = [{"index": 0, "id": name, "function": {"name": name, "arguments": "{}"}} for name in ("a", "b")]
    events = [sse(chunk({"tool_calls": [call]})) for call in calls]
    with FakeServer([raw([*events, sse(chunk({}, finish="tool_calls")), DONE])]) as server:
        reply, _ = await ask(OpenAIModel("m", base_url=server.base_url))
    assert [(call.id, call.name, call.arguments) for call in reply.tool_calls] == [("a", "a", "{}"), ("b", "b", "{}")]


Fragment = dict[str, object]


def fragment(arguments: object = None, name: str | None = None, *, call_id: object = None, **more: object) -> Fragment:
    """A piece of a tool call; what is None is left out."""
    function = {"name": name, "arguments": arguments}
    shape: Fragment = {"function": {key: value for key, value in function.items() if value is not None}, **more}
    return shape if call_id is None else {**shape, "id": call_id}


@pytest.mark.parametrize(
    ("fragments", "calls"),
    [
        ([fragment("{}", "f", index=0), fragment("{}", "g", index=1)], [("call_0", "f", "{}"), ("call_1", "g", "{}")]),
        (
            [fragment("{}", "f", index=0, call_id="call_1"), fragment("{}", "g", index=1)],
            [("call_1", "f", "{}"), ("call_2", "g", "{}")],
        ),
        (
            [fragment("{}", "f", index=0, call_id="x"), fragment("{}", "g", index=1, call_id="x")],
            [("x", "f", "{}"), ("call_1", "g", "{}")],
        ),
        ([fragment("", "f", call_id="a"), fragment('{"x":'), fragment("1}")], [("a", "f", '{"x":1}')]),
        (
            [fragment("{", "f", call_id="a"), fragment("}"), fragment("{", "g", call_id="b"), fragment("}")],
            [("a", "f", "{}"), ("b", "g", "{}")],
        ),
        (
            [fragment('{"x":{}', "f", index=0), fragment("}", "f", index=0), fragment("{}", "f", index=0)],
            [("call_0", "f", '{"x":{}}'), ("call_1", "f", "{}")],
        ),
        ([fragment("{}", "f", index=0), fragment("", "g", index=0)], [("call_0", "f", "{}"), ("call_1", "g", "")]),
        ([fragment("{", "f", index=0, call_id="a"), fragment("}", index=7)], [("a", "f", "{}")]),
        (
            [fragment("{", "f", index=0, call_id="a"), fragment("", "g", index=1), fragment("}", index=5, call_id="a")],
            [("a", "f", "{}"), ("call_1", "g", "")],
        ),
        ([fragment("{", "f", index=0, call_id="r1"), fragment("}", index=0, call_id="r2")], [("r1", "f", "{}")]),
        ([fragment("", "f", index=0), fragment("{}", index=0, call_id="late")], [("late", "f", "{}")]),
        ([fragment("{}", index="0", call_id=7)], [("call_0", "", "{}")]),
        ([fragment("{}", index=3, call_id="u")], [("u", "", "{}")]),
        ([fragment("", "ge", index=0), fragment(None, "t_", index=0), fragment("{}", "x", index=0)],
         [("call_0", "get_x", "{}")]),
        ([fragment({"x": "é"}, "f", index=None)], [("call_0", "f", '{"x":"é"}')]),
        ([fragment('{"never": "closed', "f", index=0)], [("call_0", "f", '{"never": "closed')]),
        ([fragment(17, "f", index=0), {"index": 1, "function": "?"}], [("call_0", "f", "")]),
        ([fragment("\ud83d", "f\udc00", index=0), fragment("\ude00", index=0)], [("call_0", "f\ufffd", "😀")]),
    ],
)  # fmt: skip
async def test_tool_calls_of_servers_that_do_as_they_like(
    fragments: list[Fragment], calls: list[tuple[str, str, str]]
) -> None:
    events = [sse(chunk({"tool_calls": [one]})) for one in fragments]
    with FakeServer([raw([*events, sse(chunk({}, finish="tool_calls")), DONE])]) as server:
        reply, _ = await ask(OpenAIModel("m", base_url=server.base_url))
    assert [(call.id, call.name, call.arguments) for call in reply.tool_calls] == calls


async def test_tool_calls_of_a_whole_answer_are_never_joined() -> None:
    calls = [fragment("{}", "f", index=0), fragment("{}", index=0), fragment('{"x":1}', "f", index=0, call_id="a")]
    with FakeServer([whole({"content": None, "tool_calls": calls}, finish="tool_calls")]) as server:
        reply, _ = await ask(OpenAIModel("m", base_url=server.base_url))
    assert reply.parts == (
        ToolCallPart(id="call_0", name="f", arguments="{}"),
        ToolCallPart(id="call_1", name="", arguments="{}"),
        ToolCallPart(id="a", name="f", arguments='{"x":1}'),
    )


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("streaming", [False, True])
async def test_a_call_in_the_form_that_was_before_tool_calls(streaming: bool, both: bool) -> None:
    halves = [{"name": "f", "arguments": '{"x":'}, {"arguments": "1}"}]
    events = [sse(chunk({"function_call": half})) for half in halves]
    message: dict[str, object] = {"content": None, "function_call": {"name": "f", "arguments": '{"x":1}'}}
    if both:
        call = fragment('{"x":1}', "f", index=0, call_id="a")
        events.insert(0, sse(chunk({"tool_calls": [call]})))
        message["tool_calls"] = [call]
    streamed = raw([*events, sse(chunk({}, finish="function_call")), DONE])
    with FakeServer([streamed if streaming else whole(message, finish="function_call")]) as server:
        reply, _ = await ask(OpenAIModel("m", base_url=server.base_url))
    assert reply.tool_calls == (ToolCallPart(id="a" if both else "call_0", name="f", arguments='{"x":1}'),)


async def test_tool_calls_without_end() -> None:
    calls = [fragment("{}", "f", index=place) for place in range(MAX_ITEMS + 1)]
    with FakeServer([whole({"tool_calls": calls}), whole({"tool_calls": calls[:-1]})]) as server:
        model = OpenAIModel("m", base_url=server.base_url)
        with pytest.raises(ModelBadReply, match=f"more than {MAX_ITEMS} tool calls"):
            await ask(model)
        assert len((await ask(model))[0].tool_calls) == MAX_ITEMS


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
async def test_reasoning_is_kept_apart_from_the_text(name: str) -> None:
    events = [sse(chunk({name: "two and "})), sse(chunk({name: "two"})), *text_events(["4"])]
    with FakeServer([raw(events)]) as server:
        reply, heard = await ask(OpenAIModel("m", base_url=server.base_url))
    assert reply.parts == (ReasoningPart(content="two and two"), TextPart(content="4"))
    assert heard == ["4"]


async def test_a_refusal_is_text_and_no_ordinary_ending() -> None:
    events = [sse(chunk({"refusal": "I will "})), sse(chunk({"refusal": "not."})), sse(chunk({}, finish="stop")), DONE]
    with FakeServer([raw(events)]) as server:
        reply, _ = await ask(OpenAIModel("m", base_url=server.base_url))
    assert (reply.text, reply.finish) == ("I will not.", "refusal")


async def test_line_ends_comments_and_events_of_several_lines() -> None:
    body = (
        b"\xef\xbb\xbf: hello\r\n\r\nretry: 5\r\nid: 1\r\nevent: message\r\n"
        b'data: {"choices":[{"delta":\r\ndata:{"content":"a"}}]}\r\n\r\n: keepalive\n\n\n'
        b'data: {"choices":[{"delta":{"content":"b"},"finish_reason":"stop"}]}\r\r'
    )
    for size in (1, 2, 3, 7, len(body)):
        pieces = [body[place : place + size] for place in range(0, len(body), size)]
        with FakeServer([raw(pieces)]) as server:
            reply, heard = await ask(OpenAIModel("m", base_url=server.base_url))
        assert (reply.text, heard, reply.finish) == ("ab", ["a", "b"], "stop")


async def test_the_word_done_may_be_missing_and_the_last_line_unfinished() -> None:
    events = text_events(["x"])[:-1]
    unfinished = [*events[:-1], events[-1].rstrip(b"\n")]
    bare_done = [*events, b"data: [DONE]"]
    with FakeServer([raw(events), raw(unfinished), raw(bare_done)]) as server:
        model = OpenAIModel("m", base_url=server.base_url)
        replies = [(await ask(model))[0] for _ in range(3)]
    assert [(reply.text, reply.usage) for reply in replies] == [("x", Usage(input_tokens=7, output_tokens=3))] * 3


async def test_lone_surrogates_become_replacement_characters() -> None:
    pieces = [rb"a\ud83d", rb"\ude00b", rb"\udc00c", rb"d\ud83d"]
    events = [b'data: {"choices":[{"delta":{"content":"%b"}}]}\n\n' % piece for piece in pieces]
    broken = b'data: {"choices":[{"delta":{"content":"\xff"}}]}\n\n'
    with FakeServer([raw([*events, sse(chunk({}, finish="stop"))]), raw([broken, *text_events([])])]) as server:
        model = OpenAIModel("m", base_url=server.base_url)
        reply, heard = await ask(model)
        second, _ = await ask(model)
    assert reply.text == heard.text == "a😀b\ufffdcd\ufffd"
    assert second.text == "\ufffd"


@pytest.mark.parametrize("streamed", [True, False])
async def test_ten_megabytes_pass(streamed: bool) -> None:
    text = "0123456789" * 1024**2
    behave = stream(*(text[place : place + 4096] for place in range(0, len(text), 4096)))
    with FakeServer([behave if streamed else whole({"content": text})]) as server:
        reply, heard = await ask(OpenAIModel("m", base_url=server.base_url))
    assert reply.text == heard.text == text
    assert len(text) < MAX_TEXT


async def test_choices_beyond_the_first_and_empty_chunks_are_left_out() -> None:
    other = {"index": 1, "delta": {"content": "no"}, "finish_reason": "length"}
    events = [b": x\n\n", sse({"choices": [other]}), sse({"choices": None}), sse({"choices": ["?", {}]})]
    with FakeServer([raw([*events, *text_events(["yes"])])]) as server:
        reply, _ = await ask(OpenAIModel("m", base_url=server.base_url))
    assert (reply.text, reply.finish) == ("yes", "stop")


async def test_names_ids_and_reasons_without_end_are_cut() -> None:
    long = "x" * 1_000_000
    events = [sse(chunk({"content": "a"}, finish=long, model=long, id=long)), DONE]
    with FakeServer([raw(events)]) as server:
        reply, _ = await ask(OpenAIModel("m", base_url=server.base_url))
    assert (reply.finish, reply.model, reply.response_id) == (long[:LONGEST_WORD],) * 3


async def test_a_message_where_a_delta_is_due_and_the_reverse() -> None:
    message = {"choices": [{"index": 0, "message": {"content": "yes"}, "finish_reason": "stop"}]}
    delta = {"choices": [{"index": 0, "delta": {"content": "yes"}, "finish_reason": "stop"}]}
    behaviours = [raw([sse(message), DONE]), raw([sse(chunk({"content": "yes"})), sse(message)]), status(200, delta)]
    with FakeServer(behaviours) as server:
        model = OpenAIModel("m", base_url=server.base_url)
        assert [(await ask(model))[0].text for _ in behaviours] == ["yes", "yes", "yes"]


async def test_empty_events_are_left_out() -> None:
    with FakeServer([raw([b"data:\n\n", b"data: \n\n", *text_events(["yes"]), b"data:\n\n"])]) as server:
        assert (await ask(OpenAIModel("m", base_url=server.base_url)))[0].text == "yes"


async def test_content_as_a_list_of_parts() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "thinking"}, {"type": "text", "text": "b"}]
    with FakeServer([whole({"content": parts})]) as server:
        reply, _ = await ask(OpenAIModel("m", base_url=server.base_url))
    assert reply.text == "ab"


async def test_many_calls_at_once_over_one_model() -> None:
    with FakeServer([stream("a", "b")]) as server:
        model = OpenAIModel("m", base_url=server.base_url)
        replies: dict[int, str] = {}

        async def one(number: int) -> None:
            reply, heard = await ask(model, f"question {number}", index=number)
            assert heard == ["a", "b"]
            replies[number] = reply.text

        async with anyio.create_task_group() as tasks:
            for number in range(60):
                tasks.start_soon(one, number)
    assert replies == dict.fromkeys(range(60), "ab")
    assert len({received.body for received in server.requests}) == len(server.requests) == 60


async def test_a_connection_is_used_again() -> None:
    # to a server on this machine our own client opens a new connection for each call
    with FakeServer([stream("a")]) as server:
        async with AsyncOpenAI(api_key="k", base_url=server.base_url) as client:
            model = OpenAIModel("m", client=client)
            for _ in range(5):
                await ask(model)
            assert server.connections == 1


async def test_a_client_of_ones_own_is_used_without_its_retries() -> None:
    seen: list[httpx2.Request] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        if len(seen) == 1:
            return httpx2.Response(200, content=b"".join(text_events(["hi"])), headers={"content-type": EVENT_STREAM})
        return httpx2.Response(500, json={"error": {"message": "no"}})

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(handle)) as http:
        client = AsyncOpenAI(api_key="sk-own", base_url="http://127.0.0.1:1/v1", http_client=http, max_retries=5)
        model = OpenAIModel("m", client=client)
        reply, _ = await ask(model)
        with pytest.raises(ModelServerError):
            await ask(model)
        assert not http.is_closed
    assert reply.text == "hi"
    assert [request.content for request in seen] == [request_for(model).body()] * 2
    assert seen[0].headers["authorization"] == "Bearer sk-own"


async def test_no_failure_is_retried_behind_our_back() -> None:
    busy = error(429, "slow down", {"Retry-After": "0"})
    with FakeServer([busy, status(500, "oops"), status(503, "oops"), status(408, "oops"), stream("ok")]) as server:
        model = OpenAIModel("m", base_url=server.base_url)
        for attempt in range(1, 5):
            with pytest.raises(Exception, match=r"\((429|500|503|408)\)"):
                await ask(model)
            assert len(server.requests) == attempt
        reply, _ = await ask(model)
    assert reply.text == "ok"


EVENT_STREAM = "text/event-stream"
