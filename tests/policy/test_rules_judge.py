"""A user's function as a rule: how it is named, when it is asked, and that only the record counts."""

from __future__ import annotations

from functools import partial

import pytest

from agentchat.errors import ConfigurationError
from agentchat.policy.rules import Judge, MaxTurns, Rule, read_rule
from agentchat.policy.rules.explain import why_not
from agentchat.policy.state import state_of
from agentchat.transcript.events import Judged, Said
from agentchat.transcript.messages import Text
from agentchat.transcript.transcript import Message
from tests.policy.play import Play
from tests.policy.test_rules import fired_rules


def long_enough(message: Message) -> bool:
    return len(message.text) > 3


def elsewhere(message: Message) -> bool:
    return len(message.text) > 4


async def later(message: Message) -> bool:
    return True


class Callable_:  # noqa: N801 - an object that can be called, which has no name of its own
    def __call__(self, message: Message) -> bool:
        return True


def test_a_function_is_named_by_module_and_digest() -> None:
    rule = Rule.function(long_enough)
    name, _, digest = rule.name.partition(" ")
    assert name == f"{__name__}:long_enough"
    assert len(digest) == 64
    assert rule.name != Rule.function(elsewhere).name
    assert str(rule) == f"Rule.function({__name__}:long_enough {digest[:12]})"
    assert str(Judge("x")) == "Rule.function(x)"
    assert Rule.function(long_enough, name="long").name == f"long {digest}"
    assert rule.call is long_enough
    assert not rule.bounds()


def test_the_record_holds_the_name_and_not_the_function() -> None:
    rule = Rule.function(long_enough)
    again = read_rule(rule.written())
    assert again == rule
    assert hash(again) == hash(rule)
    assert isinstance(again, Judge)
    assert again.call is None
    assert rule != Rule.function(elsewhere)
    assert rule != MaxTurns(1)
    kept = (rule | MaxTurns(3)).leaves()[0]
    assert isinstance(kept, Judge)
    assert kept.call is long_enough
    assert read_rule((rule & ~rule).written()) == rule & ~rule


@pytest.mark.parametrize(
    ("given", "name"),
    [(lambda message: True, None), (partial(long_enough), None), (Callable_(), None), ("text", "x")],
)
def test_what_cannot_be_named_or_asked_is_refused(given: object, name: str | None) -> None:
    with pytest.raises(ConfigurationError, match=r"write it with `def`, or where name= is taken|which is no function"):
        Rule.function(given, name=name)  # type: ignore[arg-type]  # that is what is tried


def test_with_a_name_anything_that_can_be_called_will_do() -> None:
    assert Rule.function(lambda message: True, name="yes").name.startswith("yes ")
    for given in (partial(long_enough), Callable_()):
        rule = Rule.function(given, name="yes")
        assert (rule.name.partition(" ")[0], rule.call) == ("yes", given)


def test_a_function_without_a_text_is_known_by_its_code() -> None:
    made: dict[str, object] = {}
    exec("def one(message): return 1\ndef two(message): return message\n", made)
    one, two = (Rule.function(made[name], name="f") for name in ("one", "two"))  # type: ignore[arg-type]  # from exec
    assert one.name.startswith("f ")
    assert one.name != two.name


def test_it_asks_about_every_message_of_an_agent_and_goes_by_the_verdict() -> None:
    rule = Rule.function(long_enough, name="long")
    play = Play().start(rule | MaxTurns(9))
    play.offer(Said(sender="user", body=Text.of("no agent")))
    play.give()
    first = play.say("yes")
    assert [rule.asks(entry) for entry in play.log if rule.asks(entry) is not None] == [first.seq]
    play.offer(Judged(name="other", on=first.seq, value=True))
    play.offer(Judged(name=rule.name, on=first.seq, value=False))
    assert why_not(state_of(play.log)).splitlines()[1] == f"  {rule}: said no to 1 message(s)"
    play.give()
    second = play.say("certainly")
    verdict = play.offer(Judged(name=rule.name, on=second.seq, value={"why": "nine letters"}))
    assert fired_rules(play) == [(str(rule), verdict.seq)]
    closed = play.close()
    assert closed.outcome == "done"
    assert closed.values == {"name": rule.name, "on": second.seq, "value": {"why": "nine letters"}}


def test_it_looks_at_verdicts_alone() -> None:
    play = Play().start(MaxTurns(9))
    rule = Judge("f")
    assert rule.seen(play.log[3], state_of(play.log).board, play.log, rule.memory()) is None
    assert MaxTurns(9).asks(play.log[3]) is None
