"""Routing along the edges of a graph: conditions, caps, fan-out, joins, ends, and what a new run goes on with."""

from __future__ import annotations

import pytest

from agentchat.debug.replay import differences
from agentchat.policy.board import CLOSING
from agentchat.policy.routing.graph import MOST_SHOWN
from agentchat.policy.routing.plans import EdgePlan, GraphPlan
from agentchat.policy.rules import Emitted, Failures, MaxTurns, Mentions, Says
from agentchat.policy.spending.budget import Budget, Cap
from agentchat.policy.state import state_of
from agentchat.transcript.events import Closed, Interrupted, Judged, Said, TurnCancelled, TurnGiven, Why
from agentchat.transcript.messages import Data, Text
from tests.policy.cards import card, edge, graph, team, typed
from tests.policy.play import Judging, Play, problem

LONG = MaxTurns(50)
FAN = (edge("a", "b,c"), edge("b+c", "d"))


def flow(*edges: EdgePlan, start: str = "a", names: str = "abcd", judge: Judging = lambda name, on: False) -> Play:
    agreed = team(*(card(name) for name in names), plan=graph(start, *edges))
    return Play(agreed=agreed, judge=judge).start(LONG)


def walked(play: Play, *said: str) -> list[str]:
    """Who had the turn, one after the other, each saying the next of these."""
    names = []
    for text in said:
        names.append(play.give().to)
        play.say(text)
    return names


def ended(play: Play) -> Closed:
    closed = play.close()
    assert list(differences(play.log)) == []
    return closed


# edges


def test_turns_go_along_the_edges_to_the_end() -> None:
    play = flow(edge("a", "b"), edge("b", "c"), edge("c", "END"))
    given = play.give()
    assert (given.to, given.subject) == ("a", 3)
    assert (given.why.router, given.why.reason, given.why.values) == ("graph", "the start, with the task", None)
    said = play.say("one")
    given = play.give()
    assert (given.to, given.subject, given.why.reason) == ("b", said.seq, "a -> b")
    assert given.why.values == {"edge": 0, "taken": 1}
    assert given.why.candidates == ("b",)
    play.say("two")
    assert play.give().to == "c"
    last = play.say("three")
    closed = ended(play)
    assert (closed.outcome, closed.rule, closed.event) == ("done", "END", last.seq)
    assert closed.reason == "the graph came to its end"


def test_a_node_without_a_way_out_is_an_end() -> None:
    play = flow(edge("a", "b"))
    assert walked(play, "x", "y") == ["a", "b"]
    assert ended(play).rule == "END"


def test_the_first_edge_that_matches_is_taken() -> None:
    ways = (
        edge("a", "b", rule=Mentions("b").written()),
        edge("a", "c", rule=Mentions("c").written()),
        edge("a", "d"),
        *(edge(name, "a") for name in "bcd"),
    )
    play = flow(*ways)
    assert walked(play, "c and b", "-", "c", "-", "neither", "-") == ["a", "b", "a", "c", "a", "d"]


@pytest.mark.parametrize(
    ("rule", "text", "goes"), [(Says("OK"), "OK", "b"), (Says("OK"), "OK?", "c"), (Emitted("Text"), "x", "b")]
)
def test_conditions_as_data(rule: Says | Emitted, text: str, goes: str) -> None:
    play = flow(edge("a", "b", rule=rule.written()), edge("a", "c"), edge("b", "d"))
    assert walked(play, text, "-") == ["a", goes]


def test_a_condition_on_the_type_of_a_message() -> None:
    plan = graph("a", edge("a", "b", rule=Emitted("Draft").written()), edge("a", "c"))
    play = Play(agreed=team(card("a", emits=("Draft", "Text")), card("b"), card("c"), plan=plan)).start(LONG)
    play.give()
    play.say(Data(type="Draft", value={"n": 1}))
    assert play.give().to == "b"


# users' functions


def test_a_function_is_asked_before_its_edge_is_taken() -> None:
    asked: list[tuple[str, int]] = []

    def judge(name: str, on: int) -> bool:
        asked.append((name, on))
        return name == "m:second x"

    play = flow(edge("a", "b", when="m:first x"), edge("a", "c", when="m:second x"), edge("a", "d"), judge=judge)
    play.give()
    said = play.say("x")
    for expected in ("m:first x", "m:second x"):
        event = play.rule()
        assert isinstance(event, Judged)
        assert (event.name, event.on) == (expected, said.seq)
    assert play.give().to == "c"
    assert asked == [("m:first x", said.seq), ("m:second x", said.seq)]
    play.say("y")
    ended(play)


def test_a_function_is_asked_about_a_pass_too() -> None:
    play = flow(edge("a", "b", when="m:f"), edge("a", "c"), judge=lambda name, on: True)
    play.give()
    passed = play.skip()
    given = play.give()
    assert (given.to, given.subject) == ("b", 3)
    judged = play.log[passed.seq + 1].event
    assert isinstance(judged, Judged)
    assert judged.on == passed.seq


def test_a_function_that_raises_ends_the_run_by_name() -> None:
    play = flow(edge("a", "b", when="m:f 01"), edge("a", "c"), judge=lambda name, on: problem("KeyError"))
    walked(play, "x")
    closed = ended(play)
    assert (closed.outcome, closed.rule, closed.values["error"]) == ("failed", "m:f", "KeyError")
    assert closed.reason == "the function m:f failed on event 5: KeyError: no"


def test_a_node_where_nothing_matches_is_stuck() -> None:
    play = flow(edge("a", "b", when="m:f"), edge("a", "c", rule=Mentions("c").written()))
    walked(play, "x")
    closed = ended(play)
    assert (closed.outcome, closed.rule, closed.values) == ("failed", "Graph", {"node": "a"})
    assert closed.reason == "no edge from a matches what it said; add an edge without a condition"
    play.judge = lambda name, on: True  # the function is asked anew in a new run
    play.start(LONG, task=None)
    assert play.give().to == "b"


# caps


def test_a_cycle_is_taken_as_often_as_its_cap_says() -> None:
    play = flow(edge("a", "b"), edge("b", "a", at_most=2), edge("b", "END"))
    assert walked(play, *"123456") == ["a", "b", "a", "b", "a", "b"]
    closed = ended(play)
    assert (closed.outcome, closed.rule) == ("limit", "Edge(b -> a, at most 2 times)")
    assert closed.values == {"taken": 2, "cap": 2, "unit": "times"}
    play.start(LONG, task=None)  # caps count anew
    given = play.give()
    assert (given.to, given.why.values) == ("a", {"edge": 1, "taken": 1})


def test_a_spent_cap_may_lead_elsewhere() -> None:
    play = flow(edge("a", "b"), edge("b", "a", at_most=1, on_cap="c"))
    assert walked(play, *"12345") == ["a", "b", "a", "b", "c"]
    closed = ended(play)
    assert closed.outcome == "done"
    why = [entry.event.why for entry in play.log if isinstance(entry.event, TurnGiven)][-1]
    assert why.reason == "the cap of b -> a, at most 1 times is spent"
    to_end = flow(edge("a", "a", at_most=1, on_cap="END"))
    assert walked(to_end, *"12") == ["a", "a"]
    assert ended(to_end).outcome == "done"


# fan-out and joins


def test_a_fan_out_gives_turns_at_once() -> None:
    play = flow(*FAN)
    walked(play, "go")
    assert play.give_all() == ["b", "c"]
    assert list(state_of(play.log).board.open_turns) == [6, 7]
    subjects = {entry.event.subject for entry in play.log if isinstance(entry.event, TurnGiven)}
    assert subjects == {3, 5}


@pytest.mark.parametrize("order", ["bc", "cb"])
def test_a_join_is_given_once_after_the_slowest(order: str) -> None:
    play = flow(*FAN)
    walked(play, "go")
    play.give_all()
    first = play.by(order[0]).say(order[0])
    assert play.rule() is None
    second = play.by(order[1]).say(order[1])
    given = play.give()
    by_name = dict(zip(order, (first.seq, second.seq), strict=True))
    assert (given.to, given.subject) == ("d", by_name["c"])
    assert given.why.values == {"edge": 1, "taken": 1, "joined": [by_name["b"], by_name["c"]]}
    play.say("done")
    assert ended(play).outcome == "done"


def test_a_pass_counts_as_coming_to_a_join() -> None:
    play = flow(*FAN)
    walked(play, "go")
    play.give_all()
    said = play.by("b").say("b")
    play.by("c").skip()
    given = play.give()
    assert (given.subject, given.why.values) == (said.seq, {"edge": 1, "taken": 1, "joined": [said.seq]})


def test_a_join_of_passes_answers_the_last_message() -> None:
    play = flow(*FAN)
    walked(play, "go")
    play.give_all()
    play.by("b").skip()
    play.by("c").skip()
    given = play.give()
    assert (given.to, given.subject, given.why.values) == ("d", 5, {"edge": 1, "taken": 1})


def test_a_join_that_waits_in_vain_ends_by_name() -> None:
    play = flow(edge("a", "b"), edge("b+c", "d"), edge("d", "c"))
    walked(play, "1", "2")
    closed = ended(play)
    assert (closed.outcome, closed.rule, closed.values) == ("failed", "Graph", {"missing": ["c"]})
    assert closed.reason == "the join b + c -> d waits for c, and nothing leads there any more"


def test_a_node_made_ready_twice_has_its_turns_one_after_the_other() -> None:
    play = flow(edge("a", "b,c"), edge("b", "d"), edge("c", "d"))
    walked(play, "go")
    play.give_all()
    first = play.by("b").say("b")
    assert play.give_all() == ["d"]
    second = play.by("c").say("c")
    assert play.rule() is None  # d is busy
    play.by("d").say("for b")
    given = play.give()
    assert (given.to, given.subject, first.seq < second.seq) == ("d", second.seq, True)
    play.say("for c")
    assert ended(play).outcome == "done"


def test_several_starts() -> None:
    play = flow(edge("a+b", "c"), start="a,b", names="abc")
    assert play.give_all() == ["a", "b"]
    play.by("b").say("b")
    play.by("a").say("a")
    assert play.give().to == "c"
    play.say("c")
    assert ended(play).outcome == "done"


def test_a_wide_fan_out_does_not_list_its_candidates() -> None:
    wide = [f"n{place}" for place in range(MOST_SHOWN + 1)]
    agreed = team(card("a"), *map(card, wide), plan=graph("a", edge("a", ",".join(wide))))
    play = Play(agreed=agreed).start(LONG)
    walked(play, "go")
    play.give_all()
    shown = [entry.event.why.candidates for entry in play.log if isinstance(entry.event, TurnGiven)][1:]
    assert [None if one is None else len(one) for one in shown] == [None, *range(MOST_SHOWN, 0, -1)]


# rules with several turns open


def test_a_rule_that_came_true_lets_the_open_turns_end() -> None:
    play = flow(*FAN, names="abcd")
    play.log.rewind(1)
    play.start(Mentions("DONE") | LONG)
    walked(play, "go")
    play.give_all()
    play.by("b").say("DONE")
    assert play.rule() is None
    play.by("c").say("me too")
    assert ended(play).rule == "Mentions(text='DONE')"


def test_a_stop_cancels_every_open_turn() -> None:
    play = flow(*FAN)
    walked(play, "go")
    play.give_all()
    stop = play.offer(Interrupted(by="user"))
    cancelled = [play.rule(), play.rule()]
    assert [event.turn for event in cancelled if isinstance(event, TurnCancelled)] == [6, 7]
    assert {play.log[seq].cause for seq in (stop.seq + 1, stop.seq + 2)} == {stop.seq}
    assert ended(play).outcome == "interrupted"
    play.start(LONG, task=None)  # what was due is due still
    assert sorted(play.give_all()) == ["b", "c"]


def test_one_turn_ends_beside_another() -> None:
    play = flow(*FAN)
    walked(play, "go")
    play.give_all()
    call = play.by("b").ask()
    play.by("c").ask()
    play.by("c").fail()
    assert list(state_of(play.log).board.open_calls) == [call.seq]
    play.by("b").say("done")
    assert state_of(play.log).board.open_calls == {}


# runs


def test_a_node_whose_turn_failed_has_it_again() -> None:
    play = flow(edge("a", "b"), edge("b", "c"))
    walked(play, "1")
    play.give()
    play.fail()
    assert ended(play).outcome == "failed"
    play.start(LONG, task=None)
    given = play.give()
    assert (given.to, given.subject, given.why.reason) == ("b", 5, "again, after it came to nothing")
    play.say("2")
    assert play.give().to == "c"


def test_failures_that_are_allowed_are_tried_again_at_once() -> None:
    play = flow(edge("a", "b"))
    play.log.rewind(1)
    play.start(Failures(3) | LONG)
    play.give()
    play.fail()
    assert play.give().to == "a"
    play.say("1")
    assert play.give().to == "b"


def test_a_new_task_begins_at_the_start() -> None:
    play = flow(*FAN)
    walked(play, "go")
    play.give_all()
    play.by("b").say("b")
    play.by("c").fail()
    play.close()
    play.start(LONG, task="Another.")
    given = play.give()
    assert (given.to, play.log.message(given.subject).text) == ("a", "Another.")
    play.say("x")
    assert play.give_all() == ["b", "c"]
    play.by("c").say("c")
    assert play.rule() is None  # b came to the join with the old task
    play.by("b").say("b")
    assert play.give().to == "d"


def test_a_run_without_a_task_has_nothing_to_do() -> None:
    agreed = team(card("a"), plan=graph("a", edge("a", "END")))
    closed = Play(agreed=agreed).start(LONG, task=None).close()
    assert (closed.outcome, closed.rule) == ("stopped", "silence")


def test_what_a_person_says_meanwhile_starts_nothing() -> None:
    play = flow(edge("a", "b"), edge("b", "c"))
    play.give()
    play.offer(Said(sender="user", body=Text.of("hurry")))
    play.say("1")
    play.offer(Said(sender="user", to="c", body=Text.of("you too")))
    assert play.give().to == "b"
    said = play.say("2")
    given = play.give()
    assert (given.to, given.subject) == ("c", said.seq)


def test_a_closing_turn_is_no_step_of_the_graph() -> None:
    for ends in ("say", "fail"):
        play = flow(edge("a", "b"), edge("b", "c"))
        play.log.rewind(1)
        play.start(LONG, Budget(calls=9, agents={"b": Cap(calls=1)}))
        walked(play, "1")
        play.give()
        play.call_model()
        play.call_model()
        play.fail()
        assert play.give().why.router == CLOSING
        play.say("The end.") if ends == "say" else play.fail()
        assert ended(play).outcome == "limit"
        play.start(LONG, task=None)
        given = play.give()
        assert (given.to, given.why.reason) == ("b", "again, after it came to nothing")


def test_a_log_that_was_tampered_with_is_no_crash() -> None:
    play = flow(edge("a", "b"))
    play.enter(TurnGiven(to="b", subject=3, why=Why(router="graph", reason="forged")), 3)
    play.by("b").say("x")
    assert play.give().to == "a"
    play.start(LONG, task=None)  # though a turn is open
    walk = state_of(play.log).walk
    assert walk is not None
    assert [due.node for due in walk.ready] == ["a"]
    assert list(differences(play.log)) != []


# types


def test_the_message_handed_on_must_fit() -> None:
    plan = graph("a", edge("a", "b"))
    hungry = card("b", accepts=("Draft",))
    play = Play(agreed=team(card("a"), hungry, plan=plan)).start(LONG)
    play.give()
    play.say(Data(type="Draft", value={"n": 1}))
    play.offer(Said(sender="user", body=Text.of("hm")))
    assert play.give().subject == 5
    other = Play(agreed=team(card("a"), hungry, plan=plan)).start(LONG)
    walked(other, "no draft")
    closed = ended(other)
    assert (closed.outcome, closed.rule) == ("failed", "types")
    assert closed.reason == "no message fits b, which accepts Draft"


def test_an_older_message_that_fits_is_answered_instead() -> None:
    plan = graph("a", edge("a", "b"), edge("b", "c"))
    agents = (typed("a"), card("b"), card("c", accepts=("Draft",)))
    play = Play(agreed=team(*agents, plan=plan)).start(LONG)
    play.give()
    draft = play.say(Data(type="Draft", value={"n": 1}))
    play.give()
    play.say("words")
    assert play.give().subject == draft.seq


def test_a_private_message_is_not_handed_on() -> None:
    play = flow(edge("a", "b"))
    play.give()
    private = play.say("psst", to="d")
    given = play.give()
    assert (given.to, given.subject, private.seq) == ("b", 3, 5)


def test_a_join_tells_of_no_message_that_its_agent_does_not_see() -> None:
    play = flow(*FAN)
    walked(play, "go")
    play.give_all()
    play.by("b").say("psst", to="a")
    open_ = play.by("c").say("for all")
    given = play.give()
    assert given.why.values is not None
    assert (given.subject, given.why.values["joined"]) == (open_.seq, [open_.seq])


# plans as data


def test_a_plan_reads_back() -> None:
    plan = graph("a", edge("a", "b", when="m:f 01"), edge("b", "END", at_most=2, on_cap="a"))
    assert GraphPlan.model_validate(plan.written()) == plan
    assert [str(one) for one in plan.edges] == ["a -> b when m:f", "b -> END, at most 2 times"]
    assert str(edge("a+b", "c,d", rule=Mentions("x").written())) == "a + b -> c, d when mentions"
