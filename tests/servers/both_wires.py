"""One answer in the words of either wire, and what a request says in them: for tests that hold for both.

Nothing of the package under test may be imported here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from tests.servers import fake_openai as chat
from tests.servers import fake_responses as responses
from tests.servers.fake_openai import Behaviour, Exchange, Received

Wire: TypeAlias = Literal["chat", "responses"]
Body: TypeAlias = dict[str, Any]
WIRES: Final[tuple[Wire, ...]] = ("chat", "responses")


class Call(NamedTuple):
    """A tool call as a service sends it; `id` None leaves the id out."""

    name: str
    arguments: str
    id: str | None


def used(wire: Wire, into: object, out: object, **more: object) -> dict[str, object]:
    """A usage object that counts so much input and output, whatever that is."""
    if wire == "chat":
        return {"prompt_tokens": into, "completion_tokens": out, **more}
    return {"input_tokens": into, "output_tokens": out, **more}


def says(wire: Wire, text: str, *, cut: bool = False, usage: object = None) -> Behaviour:
    """A streamed answer of text; `cut` says that it was cut off at the limit on its length."""
    usage = used(wire, 7, 3) if usage is None else usage
    if wire == "chat":
        return chat.stream(*_pieces(text), finish="length" if cut else "stop", usage=usage)
    item = responses.message(text)
    if cut:
        return responses.streamed(item, status="incomplete", reason="max_output_tokens", usage=usage)
    return responses.streamed(item, usage=usage)


def silent_on_usage(wire: Wire, text: str) -> Behaviour:
    """A streamed answer that does not say what it took."""
    return chat.stream(text, usage=None) if wire == "chat" else responses.streamed(responses.message(text), usage=None)


def refuses(wire: Wire, text: str) -> Behaviour:
    """A refusal: the service's own word for it, not an answer that sounds like one."""
    if wire == "responses":
        return responses.streamed(responses.message(refusal=text))
    deltas = [chat.sse(chat.chunk({"refusal": piece})) for piece in _pieces(text)]
    end = [chat.sse(chat.chunk({}, finish="stop")), chat.sse(chat.chunk(usage=chat.DEFAULT_USAGE)), chat.DONE]
    return chat.raw([*deltas, *end])


def asks(wire: Wire, *calls: Call, text: str = "", usage: object = None, cut: bool = False) -> Behaviour:
    """An answer that asks for tools, its arguments in pieces."""
    usage = used(wire, 7, 3) if usage is None else usage
    if wire == "responses":
        items = [responses.function_call(call.id or "", call.name, call.arguments) for call in calls]
        said = [responses.message(text)] if text else []
        if cut:
            return responses.streamed(*said, *items, status="incomplete", reason="max_output_tokens", usage=usage)
        return responses.streamed(*said, *items, usage=usage)
    events = [chat.sse(chat.chunk({"role": "assistant", "content": text or None}))]
    for place, call in enumerate(calls):
        head: dict[str, object] = {"index": place, "type": "function", "function": {"name": call.name, "arguments": ""}}
        if call.id is not None:
            head["id"] = call.id
        events.append(chat.sse(chat.chunk({"tool_calls": [head]})))
        for piece in _pieces(call.arguments):
            fragment = {"index": place, "function": {"arguments": piece}}
            events.append(chat.sse(chat.chunk({"tool_calls": [fragment]})))
    events.append(chat.sse(chat.chunk({}, finish="length" if cut else "tool_calls")))
    return chat.raw([*events, chat.sse(chat.chunk(usage=usage)), chat.DONE])


def picky(behaviour: Behaviour, refused: Callable[[Body], bool], told: str) -> Behaviour:
    """The behaviour, but a request of which `refused` is true is answered with 400 and these words."""

    def behave(exchange: Exchange) -> None:
        (chat.error(400, told, type="invalid_request_error") if refused(exchange.received.json) else behaviour)(
            exchange
        )

    return behave


def greedy(wire: Wire, text: str) -> Behaviour:
    """An answer that takes all it may: a token for each byte of the request, and all of the limit on the output."""

    def behave(exchange: Exchange) -> None:
        received = exchange.received
        says(wire, text, usage=used(wire, len(received.body), limit_in(received.json)))(exchange)

    return behave


def _pieces(text: str, size: int = 7) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def body_of(received: Received) -> Body:
    """A request, decoded."""
    return received.json


def messages(body: Body) -> list[Body]:
    """The messages of a request, or its input items."""
    found = body["messages"] if "messages" in body else body["input"]
    assert isinstance(found, list)
    return found


def results(body: Body) -> dict[str, str]:
    """What a request says came of each tool call, by its id."""
    wanted = ("tool_call_id", "content") if "messages" in body else ("call_id", "output")
    return {one[wanted[0]]: one[wanted[1]] for one in messages(body) if all(name in one for name in wanted)}


def calls_in(body: Body) -> list[Call]:
    """The tool calls that a request shows, in their order."""
    if "messages" not in body:
        found = [one for one in messages(body) if one.get("type") == "function_call"]
        return [Call(one["name"], one["arguments"], one["call_id"]) for one in found]
    asked = [call for one in messages(body) for call in one.get("tool_calls", ())]
    return [Call(one["function"]["name"], one["function"]["arguments"], one["id"]) for one in asked]


def spoken(body: Body) -> list[tuple[str, str]]:
    """Role and text of what was said, without tool calls and results."""
    found = [(one.get("role"), one.get("content")) for one in messages(body)]
    return [(role, text) for role, text in found if role in ("system", "user", "assistant") and isinstance(text, str)]


def schema_in(body: Body) -> Body | None:
    """The schema that the answer is held to; None where there is none."""
    if "messages" in body:
        form = body.get("response_format", {}).get("json_schema")
    else:
        form = body.get("text", {}).get("format")
    assert form is None or isinstance(form, dict)
    return form


def tool_names(body: Body) -> list[str]:
    """The names of the tools that are offered."""
    return [tool.get("function", tool)["name"] for tool in body.get("tools", ())]


def limit_in(body: Body) -> int | None:
    """The limit on the output."""
    limit: int | None = body.get("max_completion_tokens" if "messages" in body else "max_output_tokens")
    return limit
