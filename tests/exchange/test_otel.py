"""OpenTelemetry spans: what the protocol takes, named as the GenAI conventions name it, the same at every export."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from agentchat.exchange.otel import otel
from agentchat.exchange.otel_messages import MOST, share_of
from agentchat.exchange.otlp import any_value, nanoseconds, span_id, trace_id
from agentchat.policy.cards import ModelCard
from agentchat.policy.rules import MaxTurns
from agentchat.policy.spending.usage import usage_of
from agentchat.transcript.calls import AskRecipe
from agentchat.transcript.events import CallStarted, Edited, Forked, Opened, Position
from agentchat.transcript.messages import Text
from agentchat.transcript.transcript import Transcript
from tests.exchange.logs import FIXTURE, conversation
from tests.exchange.otlp_shapes import Span, Value, spans_of
from tests.policy.cards import card, team
from tests.policy.generated import plays, several
from tests.policy.play import Play, problem, text


def tree(found: dict[str, Span]) -> list[str]:
    """The names of the spans, each behind its parent and indented, in the order in which they began."""
    lines: list[str] = []

    def walk(parent: str | None, depth: int) -> None:
        for span in sorted(found.values(), key=lambda one: int(str(one.plain()["agentchat.seq"]))):
            if span.parentSpanId == parent:
                lines.append("  " * depth + span.name)
                walk(span.spanId, depth + 1)

    walk(None, 0)
    return lines


def named(found: dict[str, Span], name: str) -> Span:
    return next(span for span in found.values() if span.name == name)


def test_conversation_run_turns_and_calls_lie_in_each_other() -> None:
    found = spans_of(otel(conversation().log).text)
    assert tree(found) == [
        "conversation",
        "  invoke_workflow",
        "    invoke_agent helper",
        "      chat m",
        "      execute_tool look",
        "      chat m",
        "    invoke_agent other",
        "      execute_tool run_code",
        "    invoke_agent helper",
    ]


def test_a_model_call_says_what_was_asked_and_what_it_took() -> None:
    found = spans_of(otel(conversation().log).text)
    span = named(found, "chat m")
    assert (span.kind, span.status.code) == (3, 0)
    assert (
        span.plain().items()
        >= {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "agentchat",
            "gen_ai.request.model": "m",
            "gen_ai.conversation.id": "c",
            "gen_ai.agent.name": "helper",
            "gen_ai.usage.input_tokens": 10,
            "gen_ai.usage.output_tokens": 4,
            "gen_ai.usage.cache_read.input_tokens": 2,
        }.items()
    )
    assert span.plain()["gen_ai.response.finish_reasons"] == ["tool_calls"]
    assert isinstance(span.plain()["agentchat.cost.usd"], float)


def test_a_service_is_named_with_its_address_and_settings() -> None:
    asked = ModelCard(
        name="m@http://127.0.0.1:8080/v1",
        tail='],"model":"m","stream":true,"temperature":1,"seed":7,"stop":"x","n":1',
        max_output=50,
    )
    play = Play(agreed=team(card("a", model=asked))).start(MaxTurns(1))
    play.rule()
    play.say(calls=(play.call_model(reply=text("x")).seq,))
    plain = named(spans_of(otel(play.log).text), "chat m").plain()
    assert (
        plain.items()
        >= {
            "gen_ai.provider.name": "openai",
            "openai.api.type": "chat_completions",
            "server.address": "127.0.0.1",
            "server.port": 8080,
            "gen_ai.request.stream": True,
            "gen_ai.request.temperature": 1.0,
            "gen_ai.request.seed": 7,
            "gen_ai.request.max_tokens": 50,
        }.items()
    )
    assert plain["gen_ai.request.stop_sequences"] == ["x"]
    assert "gen_ai.request.choice.count" not in plain
    assert "gen_ai.usage.input_tokens" not in plain


def test_failures_are_the_status_of_their_span() -> None:
    play = Play("a").start(MaxTurns(2))
    play.rule()
    play.call_model(reply=problem("ModelBusy", "429"))
    play.fail("ModelBusy")
    play.rule()
    found = spans_of(otel(play.log).text)
    for name in ("chat m", "invoke_agent a"):
        span = named(found, name)
        assert (span.status.code, span.plain()["error.type"]) == (2, "ModelBusy")
    assert named(found, "chat m").status.message == "429"
    run = named(found, "invoke_workflow")
    assert (run.status.code, run.plain()["agentchat.outcome"]) == (2, "failed")


def test_what_was_said_is_there_only_when_it_is_asked_for() -> None:
    log = conversation().log
    bare, whole = otel(log), otel(log, content=True)
    for secret in ("Look, please.", "Let me see.", "It is there.", "print(6*7)", "not an object", "Help.", '"found"'):
        assert secret not in bare.text, secret
    assert any("--content" in loss for loss in bare.losses)
    found = spans_of(whole.text)
    asked = named(found, "chat m").plain()
    assert asked["gen_ai.input.messages"] == [
        {"role": "system", "parts": [{"type": "text", "content": "Help."}]},
        {"role": "user", "parts": [{"type": "text", "content": "Look, please."}]},
    ]
    assert asked["gen_ai.output.messages"] == [
        {
            "role": "assistant",
            "finish_reason": "tool_call",
            "parts": [
                {"type": "text", "content": "Let me see."},
                {"type": "tool_call", "id": "t1", "name": "look", "arguments": {"at": 1}},
                {"type": "tool_call", "id": "t2", "name": "look", "arguments": "no object"},
            ],
        }
    ]
    tool = named(found, "execute_tool look").plain()
    assert (tool["gen_ai.tool.call.arguments"], tool["gen_ai.tool.call.result"]) == ({"at": 1}, {"found": "it"})
    turn = named(found, "invoke_agent helper")
    assert turn.plain()["gen_ai.system_instructions"] == [{"type": "text", "content": "Help."}]
    (refused,) = (event for event in turn.events if event.name == "agentchat.refused")
    assert refused.plain()["agentchat.text"] == "a tool call was refused: not an object"


def test_long_histories_are_cut_and_said_to_be() -> None:
    play = Play("a").start(MaxTurns(4), task="x" * MOST)
    for _ in range(2):
        play.rule()
        play.say(calls=(play.call_model(reply=text("y" * 40_000)).seq,))
    made = otel(play.log, content=True)
    calls = [span for span in spans_of(made.text).values() if span.name == "chat m"]
    sizes = [len(json.dumps(span.plain()["gen_ai.input.messages"])) for span in calls]
    assert max(sizes) < 2 * MOST
    assert "the first messages of 2 calls, whose history is longer than 65,536 bytes" in made.losses


def test_many_calls_share_what_there_is_room_for() -> None:
    assert [share_of(calls) for calls in (0, 1, 512, 1024, 10**6)] == [65536, 65536, 65536, 32768, 8192]


def test_questions_children_and_forks_point_at_each_other() -> None:
    play = Play("a").start(MaxTurns(3))
    play.rule()
    play.begin(AskRecipe(question="may I?", answer_schema={}, to="user"), "d")
    parent = Position(conversation="root", seq=9)
    play.enter(Forked(parent=parent, branch="c.x"), 0)
    found = spans_of(otel(play.log).text)
    root = named(found, "conversation")
    (link,) = root.links
    assert (link.traceId, link.spanId) == (trace_id("root"), span_id("root", 1))
    assert named(found, "ask user").plain()["agentchat.unfinished"] is True
    assert root.traceId == trace_id("c.x")
    held = Transcript()
    held.enter(Opened(conversation="k", charter=play.charter.written(), parent=parent), at=1.0, active=0.0, cause=0)
    (link,) = named(spans_of(otel(held).text), "conversation").links
    assert (link.traceId, link.spanId) == (trace_id("root"), span_id("root", 9))


def test_what_was_edited_later_shows_as_it_was_done() -> None:
    play = Play("a", "b").start(MaxTurns(2))
    play.rule()
    ended = play.call_model(reply=text("as it was"))
    play.say(calls=(ended.seq,))
    value = Text.of("as it is").model_dump(mode="json")
    play.enter(Edited(act="replace", target=len(play.log), value=value, author="eve", reason="so"), 0)
    assert play.log.messages()[-1].text == "as it is"
    turn = named(spans_of(otel(play.log, content=True).text), "invoke_agent a").plain()
    assert turn["gen_ai.output.messages"] == [
        {"role": "assistant", "name": "a", "parts": [{"type": "text", "content": "as it was"}]}
    ]


def test_spans_that_did_not_end_end_with_the_record() -> None:
    play = Play("a").start(MaxTurns(3))
    play.rule()
    play.ask()
    made = otel(play.log)
    open_ones = [span.name for span in spans_of(made.text).values() if "agentchat.unfinished" in span.plain()]
    assert sorted(open_ones) == ["chat m", "invoke_agent a", "invoke_workflow"]
    assert "the ends of 3 spans, which the record does not have: they end with it" in made.losses


def test_every_kind_of_event_goes_through() -> None:
    log = Transcript.load(FIXTURE)
    for content in (False, True):
        assert spans_of(otel(log, content=content).text)


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.0, 0), (1763834400.25, 1763834400250000000), (0.1, 100000000), (-5.0, 0), (1e-9, 1)]
)
def test_times_are_exact(seconds: float, told: int) -> None:
    assert nanoseconds(seconds) == told


def test_a_clock_that_was_set_back_turns_no_span_round() -> None:
    play = Play("a").start(MaxTurns(1))
    play.rule()
    log = Transcript()
    for entry, at in zip(play.log, (9.0, 8.0, 10.0, 7.0), strict=True):
        log.enter(entry.event, at=at, active=0.0, cause=entry.cause)
    found = spans_of(otel(log).text)  # which looks at times
    assert named(found, "conversation").start == 9_000_000_000


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1), inner, max_size=3),
)


@given(plain)
def test_any_value_has_its_form_and_comes_back(value: JsonValue) -> None:
    assert Value.model_validate(any_value(value)).plain() == value


def test_an_integer_beyond_64_bits_goes_as_text() -> None:
    assert any_value(2**63) == {"stringValue": str(2**63)}


@several
@given(plays(), st.booleans())
def test_any_conversation_is_a_tree_of_spans(play: Play, content: bool) -> None:
    log = play.log
    made = otel(log, content=content)
    found = spans_of(made.text)
    kinds = [entry.event.kind for entry in log]
    assert len(found) == 1 + kinds.count("run_started") + kinds.count("turn_given") + kinds.count("call_started")
    assert made == otel(Transcript.loads(log.dumps()), content=content)
    for entry in log:
        event = entry.event
        if isinstance(event, CallStarted):
            assert found[span_id("c", entry.seq)].parentSpanId == span_id("c", event.turn)
            assert found[span_id("c", entry.seq)].plain()["gen_ai.agent.name"] == event.agent


@several
@given(plays())
def test_tokens_are_those_of_the_record(play: Play) -> None:
    found = spans_of(otel(play.log).text).values()
    total = usage_of(play.log).total
    tokens = sum(int(str(span.plain().get("gen_ai.usage.output_tokens") or 0)) for span in found)
    assert tokens == total.output_tokens.known
