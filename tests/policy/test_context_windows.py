"""What of a long conversation is shown: all, the last turns, or a summary and what came behind it; and joins."""

from __future__ import annotations

import pytest

from agentchat.policy.charter import AgentCard, ContextPolicy
from agentchat.policy.prompts.context import context_of
from agentchat.policy.rules import MaxTurns
from agentchat.transcript.calls import Usage
from agentchat.transcript.events import CallStarted, Compacted, Entry, PersonaChanged, Said
from agentchat.transcript.messages import Text
from tests.policy.cards import card, edge, graph, handy, model, team
from tests.policy.play import Play, text
from tests.policy.sound import last, requests

LONG = MaxTurns(99)


def contents(play: Play, agent: str = "a") -> list[str]:
    return [message.content for message in context_of(play.log, agent).growing.messages]


def begun(turns: int | None = None, compact_at: int | None = None) -> Play:
    policy = ContextPolicy(turns=turns, compact_at=compact_at)
    play = Play(agreed=team(card("a", context=policy), card("b"))).start(LONG, task="Task")
    play.give()
    return play


def round_of(play: Play, number: int, *, length: int = 1) -> None:
    """A turn of a with its model, and one of b."""
    ended = play.call_model(reply=text(f"a{number} " * length))
    play.say(calls=(ended.seq,))
    play.give()
    play.say(f"b{number} " * length)
    play.give()


# the last turns


@pytest.mark.parametrize(
    ("turns", "shown"), [(1, ["b2"]), (2, ["a2", "b2"]), (3, ["b1", "a2", "b2"]), (9, ["Task", "a1", "b1", "a2", "b2"])]
)
def test_the_messages_of_the_last_turns_are_shown(turns: int, shown: list[str]) -> None:
    play = begun(turns=turns)
    round_of(play, 1)
    round_of(play, 2)
    play.call_model()
    assert [one["content"].strip() for one in last(play, "a")] == ["Help.", *shown]


def test_what_a_person_says_belongs_to_the_turn_before_it() -> None:
    play = begun(turns=1)
    round_of(play, 1)
    play.offer(Said(sender="user", body=Text.of("and?")))
    play.say("a2")
    play.give()
    play.say("b2")
    play.offer(Said(sender="user", body=Text.of("well?")))
    play.give()
    assert contents(play) == ["Help.", "b2", "well?"]


def test_every_turn_begins_anew_and_builds_on_itself() -> None:
    play = begun(turns=1)
    for number in range(3):
        first, second = play.call_model(), play.call_model()
        recipes = [play.log[one.seq - 1].event for one in (first, second)]
        bases = [one.recipe.base for one in recipes if isinstance(one, CallStarted)]  # type: ignore[union-attr]  # a model call
        assert bases == [None, first.seq - 1]
        round_of(play, number)
    requests(play)


# some senders


def test_only_what_certain_agents_and_people_say_is_shown() -> None:
    some = card("a", context=ContextPolicy(senders=("b",)))
    play = Play(agreed=team(some, card("b"), card("c"))).start(LONG, task="Task")
    for number in range(2):
        for name in "abc":
            assert play.give().to == name
            play.say(f"{name}{number}")
        play.offer(Said(sender="user", body=Text.of(f"u{number}")))
    play.give()
    assert contents(play) == ["Help.", "user:\nTask", "a0", "b:\nb0", "user:\nu0", "a1", "b:\nb1", "user:\nu1"]
    play.call_model()
    requests(play)


# summaries


def summed_up(play: Play) -> Compacted:
    return next(entry.event for entry in play.log if isinstance(entry.event, Compacted))


def overfull(play: Play) -> None:
    """Rounds until there is too much to show."""
    number = 0
    while not context_of(play.log, "a").overfull():
        number += 1
        round_of(play, number, length=40)


def test_what_came_before_is_replaced_by_a_summary() -> None:
    play = begun(compact_at=256)
    overfull(play)
    fresh = context_of(play.log, "a").exchange.fresh
    assert play.log.message(fresh).sender == "a"  # its own last answer, and what was said to it
    play.call_model()
    assert summed_up(play).upto == fresh - 1
    shown = [one["content"] for one in last(play, "a")]
    assert shown[:2] == ["Help.", "The conversation so far, in short:\nIn short: much."]
    assert shown[2:] == [play.log.message(seq).text for seq in (fresh, play.log.message(play.turn.seq - 1).seq)]
    started = [entry.event for entry in play.log if isinstance(entry.event, CallStarted)][-1]
    assert started.recipe.base is None  # type: ignore[union-attr]  # a model call
    assert not context_of(play.log, "a").overfull()
    again = play.call_model()
    assert play.log[again.seq - 1].event.recipe.base == again.seq - 3  # type: ignore[union-attr]  # a model call


def test_the_conversation_goes_on_behind_the_summary() -> None:
    play = begun(compact_at=256)
    overfull(play)
    round_of(play, 90)
    play.call_model()
    shown = [one["content"].strip() for one in last(play, "a")]
    assert shown[1].startswith("The conversation so far")
    assert shown[-2:] == ["a90", "b90"]
    overfull(play)
    play.call_model()
    summaries = [entry for entry in play.log if isinstance(entry.event, Compacted)]
    assert len(summaries) == 2
    assert len(last(play, "a")) == 4


def test_others_are_shown_the_whole() -> None:
    agents: tuple[AgentCard, ...] = (card("a", context=ContextPolicy(compact_at=256)), card("b"))
    play = Play(agreed=team(*agents)).start(LONG, task="Task")
    play.give()
    overfull(play)
    ended = play.call_model()
    play.say(calls=(ended.seq,))
    play.give()
    assert contents(play, "b")[:2] == ["Help.", "Task"]
    assert all("in short" not in one for one in contents(play, "b"))


def test_what_the_turn_has_done_is_not_forgotten() -> None:
    """Where a summary is made in the middle of a turn, as a log of another program might have it."""
    play = Play(agreed=team(handy("a"), card("b"))).start(LONG)
    play.give()
    round_of(play, 1)
    play.sum_up()
    assert contents(play) == ["Help.", "The conversation so far, in short:\nIn short: much.", "a1 ", "b1 "]
    play.call_model()
    requests(play)


def test_a_summary_made_between_turns_is_shown_with_the_next() -> None:
    play = begun()
    ended = play.call_model(reply=text("In short: much."))
    play.say(calls=(ended.seq,))
    play.enter(Compacted(agent="a", upto=len(play.log), call=ended.seq), len(play.log))
    play.give()
    play.say("b")
    play.give()
    assert contents(play) == ["Help.", "The conversation so far, in short:\nIn short: much.", "b"]
    play.call_model()
    requests(play)


def test_a_message_said_meanwhile_waits_behind_a_summary_too() -> None:
    play = begun(compact_at=256)
    overfull(play)
    play.offer(Said(sender="user", body=Text.of("late")))
    ended = play.call_model(reply=text("short"))
    assert "late" not in contents(play)
    play.say(calls=(ended.seq,))
    play.give()
    play.say("b")
    play.give()
    assert contents(play)[-3:] == ["late", "short", "b"]


@pytest.mark.parametrize("counted", [None, 5000])
def test_tokens_are_counted_by_the_provider_where_it_says(counted: int | None) -> None:
    play = begun(compact_at=4000)
    usage = None if counted is None else Usage(input_tokens=counted)
    ended = play.call_model(reply=text("short", usage))
    context = context_of(play.log, "a")
    size = context.growing.size
    assert context.tokens() == (size // 4 if counted is None else counted)
    play.say(calls=(ended.seq,))
    play.give()
    play.say("b" * 400)
    play.give()
    context = context_of(play.log, "a")
    more = context.growing.size - size
    assert context.tokens() == (context.growing.size // 4 if counted is None else counted + more // 4)
    assert context.overfull() is (counted is not None)


def test_nothing_is_summed_up_where_there_is_nothing_before() -> None:
    play = Play(agreed=team(card("a", context=ContextPolicy(compact_at=256)))).start(LONG, task="long " * 999)
    play.give()
    assert not context_of(play.log, "a").overfull()
    assert not context_of(Play("a").log, "a").overfull()


def test_a_changed_persona_shows_the_whole_again() -> None:
    play = begun(compact_at=256)
    overfull(play)
    ended = play.call_model()
    play.say(calls=(ended.seq,))
    new = card("a", instructions="Be brief.", model=model("n"))
    play.offer(PersonaChanged(agent="a", card=new.model_dump(mode="json"), author="user", reason="r"))
    play.give()
    play.say("b")
    play.give()
    assert contents(play)[:2] == ["Be brief.", "Task"]
    play.call_model()
    requests(play)


def test_a_persona_that_changes_within_a_turn_is_still_shown_the_conversation() -> None:
    play = begun()
    new = card("a", instructions="Be brief.", model=model("n"))
    play.offer(PersonaChanged(agent="a", card=new.model_dump(mode="json"), author="user", reason="r"))
    play.call_model()
    assert contents(play) == ["Be brief.", "Task"]
    requests(play)


# joins


def join(order: str) -> Play:
    edges = (edge("a", "b,c,d"), edge("d+b+c", "e"))
    play = Play(agreed=team(*map(card, "abcde"), plan=graph("a", *edges))).start(LONG, task="Task")
    play.give()
    play.say("go")
    play.give_all()
    for name in order:
        play.by(name).say(f"{name} says")
    play.give()
    return play


@pytest.mark.parametrize("order", ["bcd", "dcb", "cbd"])
def test_a_join_is_shown_in_the_order_of_its_edge(order: str) -> None:
    play = join(order)
    assert contents(play, "e") == ["Help.", "user:\nTask", "a:\ngo", "d:\nd says", "b:\nb says", "c:\nc says"]
    play.call_model()
    requests(play)


def test_messages_beside_a_join_keep_their_places() -> None:
    edges = (edge("a", "b,c"), edge("c+b", "e"))
    play = Play(agreed=team(*map(card, "abce"), plan=graph("a", *edges))).start(LONG, task="Task")
    play.give()
    play.say("go")
    play.give_all()
    said: list[Entry] = [play.by("b").say("b says")]
    said.append(play.offer(Said(sender="user", body=Text.of("meanwhile"))))
    said.append(play.by("c").say("c says"))
    play.give()
    assert contents(play, "e")[3:] == ["c:\nc says", "user:\nmeanwhile", "b:\nb says"]
    play.call_model()
    requests(play)
