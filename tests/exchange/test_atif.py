"""ATIF trajectories: valid, with every call, what came back of it, and what went wrong."""

from __future__ import annotations

from hypothesis import given

from agentchat.exchange.atif import atif
from agentchat.policy.rules import MaxTurns
from agentchat.policy.spending.usage import usage_of
from agentchat.transcript.calls import Reply
from agentchat.transcript.events import CallFinished, Said
from agentchat.transcript.messages import BlobPart, FilePart, ReasoningPart, Text, TextPart, UriPart
from agentchat.transcript.transcript import Transcript
from tests.exchange.atif_shapes import Step, trajectory
from tests.exchange.logs import FIXTURE, conversation
from tests.policy.generated import plays, several
from tests.policy.play import Play, problem, text


def told(step: Step) -> tuple[str, object]:
    return step.source, step.message


def test_steps_calls_observations_and_metrics() -> None:
    made = trajectory(atif(conversation().log, version="1.2").text)
    assert (made.agent.name, made.agent.version, made.agent.model_name) == ("agentchat", "1.2", "m")
    assert [told(step) for step in made.steps] == [
        ("system", "Help."),
        ("system", "Help."),
        ("user", "Look, please."),
        ("agent", "Let me see."),
        ("agent", "It is there."),
        ("agent", ""),
        ("system", "the turn failed: ValueError: no"),
        ("system", "failed: the turn of helper failed: ValueError: no"),
    ]
    asked = made.steps[3]
    calls = [(call.tool_call_id, call.function_name, call.arguments, call.extra) for call in asked.tool_calls or ()]
    assert calls == [("t1", "look", {"at": 1}, None), ("t2", "look", {}, {"arguments": "no object"})]
    assert asked.observation is not None
    assert [(one.source_call_id, one.content, one.extra) for one in asked.observation.results] == [
        ("t2", "not an object", {"refused": True}),
        ("t1", '{"found": "it"}', None),
    ]
    assert asked.metrics is not None
    assert (asked.metrics.prompt_tokens, asked.metrics.completion_tokens, asked.metrics.cached_tokens) == (10, 4, 2)
    assert made.steps[4].extra is not None
    assert made.steps[4].extra["said"] == 12
    program = made.steps[5]
    assert [(call.function_name, call.arguments) for call in program.tool_calls or []] == [
        ("run_code", {"language": "python", "source": "print(6*7)"})
    ]
    assert program.llm_call_count == 0
    assert made.final_metrics.total_prompt_tokens == 20
    assert made.final_metrics.total_cost_usd == usage_of(conversation().log).total.usd.known


def test_the_trajectory_of_one_agent_is_what_it_went_through() -> None:
    made = trajectory(atif(conversation().log, "helper").text)
    assert (made.agent.name, made.trajectory_id) == ("helper", "c/helper")
    assert [told(step) for step in made.steps] == [
        ("system", "Help."),
        ("user", "Look, please."),
        ("agent", "Let me see."),
        ("agent", "It is there."),
        ("user", "[python: finished, exit code 0]\n1"),
        ("system", "the turn failed: ValueError: no"),
        ("system", "failed: the turn of helper failed: ValueError: no"),
    ]


def test_what_is_unknown_is_no_total() -> None:
    play = Play("a").start(MaxTurns(1))
    play.rule()
    play.say(calls=(play.call_model(reply=text("x")).seq,))
    final = trajectory(atif(play.log).text).final_metrics
    assert final.total_prompt_tokens is None
    assert final.extra is not None
    assert final.extra["total_prompt_tokens_at_least"] == 0


def test_thoughts_failures_and_pictures() -> None:
    play = Play("a").start(MaxTurns(3), task=None)
    parts = (
        TextPart(content="see"),
        BlobPart(mime_type="image/png", content="AAAA"),
        UriPart(uri="https://h/x.JPG?y"),
        FilePart(file_id="f1"),
    )
    play.offer(Said(sender="user", body=Text(parts=parts)))
    play.rule()
    play.call_model(reply=problem("ModelBusy", "429"))
    reply = Reply(parts=(ReasoningPart(content="hm"), TextPart(content="nice")), finish="stop")
    play.say(calls=(play.call_model(reply=reply).seq,))
    made = atif(play.log)
    _, asked, failed, answered = trajectory(made.text).steps
    assert [one.model_dump(exclude_none=True) for one in asked.message if not isinstance(one, str)] == [
        {"type": "text", "text": "see"},
        {"type": "image", "source": {"media_type": "image/png", "path": "data:image/png;base64,AAAA"}},
        {"type": "image", "source": {"media_type": "image/jpeg", "path": "https://h/x.JPG?y"}},
        {"type": "text", "text": "[file]"},
    ]
    assert told(failed) == ("system", "the model call failed: 429")
    assert (answered.reasoning_content, answered.message) == ("hm", "nice")
    assert "parts that are neither text nor a picture of a usual kind (1 of them)" in made.losses


def test_every_kind_of_event_goes_through() -> None:
    made = trajectory(atif(Transcript.load(FIXTURE)).text)
    compacted = [step.extra for step in made.steps if step.extra and "context_management" in step.extra]
    assert [one["context_management"] for one in compacted] == [{"type": "compaction", "boundary": "replace"}]


@several
@given(plays())
def test_any_conversation_is_a_trajectory(play: Play) -> None:
    log = play.log
    made = trajectory(atif(log).text)
    replies = sum(isinstance(one.event, CallFinished) and isinstance(one.event.result, Reply) for one in log)
    assert sum(step.llm_call_count == 1 for step in made.steps) == replies
    for name in play.charter.names():
        own = trajectory(atif(log, name).text)
        assert {step.extra["agent"] for step in own.steps if step.extra and step.source == "agent"} <= {name}
