"""What was used, where unknown is never nothing."""

from __future__ import annotations

from agentchat.policy.rules import MaxTurns
from agentchat.policy.usage import Count, Spent, usage_of
from agentchat.transcript.calls import ModelRecipe, Reply, Usage
from agentchat.transcript.events import CallFinished, CallStarted
from tests.policy.play import OK, Play


def ask(play: Play, model: str, usage: Usage | None, *, ends: bool = True) -> None:
    recipe = ModelRecipe(model=model, tail="=")
    started = play.offer(
        CallStarted(turn=play.turn.seq, agent=play.agent, ordinal=1, attempt=1, key="k", recipe=recipe, digest="")
    )
    if ends:
        play.offer(CallFinished(call=started.seq, result=Reply(parts=(), finish="stop", usage=usage)))


def test_usage_is_summed_by_agent_and_by_model() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    ask(play, "m", Usage(input_tokens=1000, output_tokens=5))
    ask(play, "n", Usage(input_tokens=10, output_tokens=None))
    play.call_code(3)
    play.say()
    play.give()
    ask(play, "m", Usage(input_tokens=1, output_tokens=1))
    report = usage_of(play.log)
    assert report.total == Spent(3, 1, Count(1011), Count(6, False))
    assert report.by_agent == {
        "a": Spent(2, 1, Count(1010), Count(5, False)),
        "b": Spent(1, 0, Count(1), Count(1)),
    }
    assert report.by_model == {
        "m": Spent(2, 0, Count(1001), Count(6)),
        "n": Spent(1, 0, Count(10), Count(0, False)),
    }
    assert str(report) == "3 model calls, 1 program run, 1,011 tokens in, ≥ 6 out"


def test_a_call_without_a_report_or_a_reply_leaves_the_sum_open() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    ask(play, "m", Usage(input_tokens=7, output_tokens=7))
    ask(play, "m", None)
    ask(play, "m", None, ends=False)
    play.offer(CallFinished(call=3, result=OK))
    assert usage_of(play.log).total == Spent(3, 0, Count(7, False), Count(7, False))
    assert usage_of(Play().log).total == Spent()
