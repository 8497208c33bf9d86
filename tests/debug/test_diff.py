"""Two runs compared: where they part, and what differs in text, routing, calls, tokens, money, time and ending."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentchat.debug.comparing.divergence import Divergence
from agentchat.debug.comparing.measures import Number
from agentchat.debug.comparing.turn_pairs import TurnPair
from agentchat.debug.diff import Diff, diff
from agentchat.errors import NotATranscript
from agentchat.policy.charter import Charter
from agentchat.policy.routing.plans import HandoffsPlan
from agentchat.policy.rules import MaxTurns, Mentions, Rule
from agentchat.policy.spending.budget import Budget
from agentchat.terminal.diff_text import diff_lines
from agentchat.terminal.diff_words import Look
from agentchat.transcript.calls import Usage
from agentchat.transcript.events import Edited, Event, Forked, Position, Released, Said, Taken, TurnGiven
from agentchat.transcript.messages import Handoff, Text
from agentchat.transcript.transcript import Transcript
from tests.policy.cards import PRICE, card, charter, edge, graph, handy, model, team
from tests.policy.generated import plays
from tests.policy.play import Play, text, wants

few = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
FIXTURE = Path(__file__).parents[1] / "fixtures" / "format-1.jsonl"
USED = Usage(input_tokens=100, output_tokens=20)


def talk(
    *said: str,
    agreed: Charter | None = None,
    until: Rule | None = None,
    usage: Usage | None = USED,
    task: str = "Do it.",
    pace: float = 1.0,
    budget: Budget | None = None,
) -> Transcript:
    """A run in which the agents say these things in turn, each as the reply of a model."""
    play = Play(agreed=agreed or charter("a", "b"), pace=pace)
    play.start(until or MaxTurns(len(said)), budget, task=task)
    for one in said:
        play.give()
        play.say(calls=(play.call_model(reply=text(one, usage)).seq,))
    play.rule()
    return play.log


def first(found: Diff) -> Divergence:
    assert found.first is not None
    return found.first


def changed(found: Diff) -> list[TurnPair]:
    return [pair for pair in found.turns if pair.changes]


def number(found: Diff, what: str, of: str = "") -> tuple[Number | None, Number | None]:
    return next((one.a, one.b) for one in found.measures if (one.what, one.of) == (what, of))


# nothing differs


@few
@given(plays())
def test_a_run_does_not_differ_from_itself(play: Play) -> None:
    found = diff(play.log, play.log)
    assert (found.same, found.first, found.agreed, found.routing) == (True, None, (), ())
    assert changed(found) == []
    assert found.shared == len(play.log)


def test_as_text_it_is_a_short_account() -> None:
    one, other = talk("x", "y"), talk("x", "z", usage=None, until=MaxTurns(3))
    assert str(diff(one, one)) == "no difference"
    assert str(diff(one, other)).splitlines()[:7] == [
        "A  c: 12 events, limit: MaxTurns(turns=2) came true at event 11",
        "B  c: 12 events, open",
        "agreed differently: run 1: rules",
        "first difference: result",
        "  A  event 10: m gives back: y",
        "  B  event 10: m gives back: z",
        "turns: A 2, B 3",
    ]
    assert "tokens in of agent a: A 100, B unknown" in str(diff(one, other))
    assert str(first(diff(one, one.upto(9)))) == "result\n  A  event 10: m gives back: y\n  B  nothing there"
    wider = diff(one, talk("x", "y", agreed=charter("a", "b", "c")))
    assert str(first(wider)).startswith("prompt\n  A  event 5: a asks m\n  B  event 5: a asks m\n  at ")


def test_clocks_owners_and_names_are_no_difference() -> None:
    one, other = talk("x", "y", pace=1.0), talk("x", "y", pace=0.25)
    held = Transcript()
    for entry in other:
        event: Event = entry.event
        if entry.seq == 1:
            event = event.model_copy(update={"conversation": "another"})
        held.enter(event, at=entry.at + 99, active=entry.active, cause=entry.cause)
    held.enter(Taken(owner="me", epoch=1), at=1.0, active=9.0, cause=0)
    held.enter(Released(owner="me", epoch=1), at=1.0, active=9.0, cause=0)
    found = diff(one, held)
    assert (found.same, found.shared) == (True, 0)
    assert number(found, "active seconds") != (Number(value=0), Number(value=0))


def test_who_took_it_over_in_the_middle_moves_nothing() -> None:
    """References to events behind it are other numbers, and the same events."""
    whole, taken = talk("x", "y"), Transcript()
    for entry in whole.upto(7):
        taken.enter(entry.event, at=entry.at, active=entry.active, cause=entry.cause)
    taken.enter(Taken(owner="me", epoch=2), at=1.0, active=9.0, cause=0)
    for entry in whole.since(7):
        raw = entry.event.model_dump()
        moved = {name: raw[name] + 1 for name in ("turn", "call", "event") if isinstance(raw.get(name), int)}
        moved = {name: place if place > 8 else place - 1 for name, place in moved.items()}
        if raw.get("from_calls"):
            moved["from_calls"] = tuple(call + 1 for call in raw["from_calls"])
        taken.enter(entry.event.model_copy(update=moved), at=entry.at, active=entry.active, cause=entry.cause)
    assert diff(whole, taken).same


# where a record ends


@few
@given(plays(), st.data())
def test_the_first_event_that_a_prefix_lacks_is_named(play: Play, data: st.DataObject) -> None:
    kept = data.draw(st.integers(1, len(play.log) - 1))
    prefix = play.log.upto(kept)
    for found, seen, ends in (
        (diff(play.log, prefix), "a", "b_ends"),
        (diff(prefix, play.log), "b", "a_ends"),
    ):
        there = first(found)
        assert getattr(there, seen).seq == kept + 1
        assert getattr(there, "b" if seen == "a" else "a") is None
        assert getattr(there, ends)
        assert (found.same, found.shared) == (False, kept)


def test_no_file_and_no_record_are_named(tmp_path: Path) -> None:
    with pytest.raises(NotATranscript, match="begins with an Opened event"):
        diff(talk("x"), Transcript())
    with pytest.raises(NotATranscript, match="cannot be read"):
        diff(tmp_path / "none.jsonl", talk("x"))


def test_files_may_be_named(tmp_path: Path) -> None:
    path = talk("x", "y").save(tmp_path / "a.jsonl")
    assert diff(path, str(path)).same


def test_every_prefix_of_a_record_with_all_kinds_of_events() -> None:
    whole = Transcript.load(FIXTURE)
    for kept in range(1, len(whole)):
        missing = next((e.seq for e in whole.since(kept) if not isinstance(e.event, Taken | Released | Forked)), None)
        there = diff(whole, whole.upto(kept)).first
        assert (there and there.a and there.a.seq, there and there.b) == (missing, None)


# any two runs


@few
@given(plays(), plays())
def test_any_two_runs_can_be_compared_from_either_side(one: Play, other: Play) -> None:
    found, mirrored = diff(one.log, other.log), diff(other.log, one.log)
    assert found.same == mirrored.same
    assert (found.first is None) == (mirrored.first is None)
    assert (found.alike_a, found.alike_b) == (mirrored.alike_b, mirrored.alike_a)
    for pairs, units in (([pair.a for pair in found.turns], one.log), ([pair.b for pair in found.turns], other.log)):
        places = [spot.seq for spot in pairs if spot is not None]
        assert places == sorted(set(places))
        given = [entry.seq for entry in units if isinstance(entry.event, TurnGiven)]
        assert set(given) <= set(places)
    assert Diff.model_validate_json(found.model_dump_json()) == found
    for line in diff_lines(found, ("one", "other"), Look(everything=True)):
        assert "\x1b" not in line.plain


# what differs


def test_another_text_is_the_first_difference_and_later_prompts_follow() -> None:
    found = diff(talk("one two", "fine", "on"), talk("one three", "fine", "on"))
    there = first(found)
    assert there.a is not None
    assert there.b is not None
    assert (there.what, there.a.seq, there.b.seq) == ("result", 6, 6)
    assert (there.a.text, there.b.text) == ("one two", "one three")
    assert (found.alike_a, found.alike_b, found.alike_turns) == (5, 5, 0)
    assert [(pair.agent, pair.changes) for pair in changed(found)] == [
        ("a", ("result", "text")),
        ("b", ("prompt",)),
        ("a", ("prompt",)),
    ]
    assert (changed(found)[0].a_text, changed(found)[0].b_text) == ("one two", "one three")
    assert found.routing == ()


def test_another_task_comes_first() -> None:
    there = first(diff(talk("x", task="Do this."), talk("x", task="Do that.")))
    assert there.a is not None
    assert (there.what, there.a.seq, there.a.text) == ("text", 3, "Do this.")


def test_an_inserted_turn_moves_nothing() -> None:
    anyone = HandoffsPlan(start="a", to=dict.fromkeys("abc", ("a", "b", "c")))
    handing = team(card("a"), card("b"), card("c"), plan=anyone)

    def run(*steps: tuple[str, str | None]) -> Transcript:
        play = Play(agreed=handing).start(MaxTurns(9))
        for said, to in steps:
            play.give()
            play.say(said if to is None else Handoff(to=to, reason=said))
        return play.log

    one = run(("plan", "b"), ("wrote", "a"), ("good", None))
    other = run(("plan", "c"), ("looked", "b"), ("wrote", "a"), ("good", None))
    found = diff(one, other)
    alone = [pair for pair in found.turns if pair.a is None or pair.b is None]
    assert [(pair.agent, pair.changes, pair.b_text) for pair in alone] == [("c", ("only in B",), "→ b: looked")]
    (where,) = [change for change in found.routing if change.after_a == 4]
    assert where.a is not None
    assert where.b is not None
    assert (where.a.to, where.b.to, where.b.router) == ("b", "c", "handoffs")


def test_a_prompt_that_differs_is_shown_by_path() -> None:
    def run(name: str) -> Transcript:
        agreed = team(card("a", instructions=f"You are {name}."), card("b"))
        return talk("x", "y", agreed=agreed)

    found = diff(run("kind"), run("curt"))
    there = first(found)
    assert there.a is not None
    assert (there.what, there.a.seq, there.more) == ("prompt", 5, 0)
    assert there.path is not None
    assert there.path.path == "messages[0].content"
    assert "You are kind." in str(there.path.a)
    assert "You are curt." in str(there.path.b)
    assert [change.path for change in found.agreed] == ["agents.a.instructions"]
    assert [pair.changes for pair in changed(found)] == [("prompt",)]


def test_rules_budget_and_models_are_what_was_agreed() -> None:
    cheap, dear = (team(card("a", model=model(price=price))) for price in (None, PRICE))
    found = diff(
        talk("x", agreed=cheap, until=MaxTurns(1)),
        talk("x", agreed=dear, until=MaxTurns(1) | Mentions("no"), budget=Budget(calls=7)),
    )
    changes = {change.path: (change.a, change.b) for change in found.agreed}
    assert changes["run 1: rules"] == ("MaxTurns(turns=1)", "MaxTurns(turns=1) | Mentions(text='no')")
    assert changes["run 1: budget.calls"] == (None, 7)
    assert "agents.a.model.price" in changes
    assert found.first is None  # what happened is the same
    assert not found.same


def test_the_order_of_agents_is_told_as_such() -> None:
    found = diff(talk("x", agreed=charter("a", "b")), talk("x", agreed=charter("b", "a")))
    assert [(one.path, one.a, one.b) for one in found.agreed] == [("agents: their order", "a, b", "b, a")]


def test_arguments_of_tools_are_compared() -> None:
    def run(query: str) -> Transcript:
        play = Play(agreed=team(handy("a")), pace=0.1).start(MaxTurns(1))
        play.give()
        play.call_model(reply=wants(("t", "{}")))
        play.back(play.tool("t", {"query": query, "n": 1}), f"found {query}")
        play.say(calls=(play.call_model(reply=text("so")).seq,))
        return play.log

    found = diff(run("x"), run("y"))
    there = first(found)
    assert there.path is not None
    assert (there.what, there.path.path, there.path.a, there.path.b) == ("arguments", "arguments.query", "x", "y")
    (pair,) = changed(found)
    assert pair.changes == ("arguments", "result", "prompt")


def test_programs_are_compared() -> None:
    def run(source: str) -> Transcript:
        play = Play().start(MaxTurns(1))
        play.give()
        play.say(calls=(play.call_code(source=source).seq,))
        return play.log

    there = first(diff(run("print(1)"), run("print(2)")))
    assert there.path is not None
    assert (there.what, there.path.path, there.path.a) == ("program", "program", "print(1)")


def test_calls_made_at_once_may_come_back_in_any_order() -> None:
    def run(*order: int) -> Transcript:
        play = Play(agreed=team(handy("a"))).start(MaxTurns(1))
        play.give()
        play.call_model(reply=wants(("x", "{}"), ("y", "{}")))
        calls = [play.tool("x", {"n": 0}), play.tool("y", {"n": 1})]
        for at in order:
            play.back(calls[at], f"found {at}")
        play.say("so")
        return play.log

    assert diff(run(0, 1), run(1, 0)).same


def test_turns_side_by_side_may_come_back_in_any_order() -> None:
    agreed = team(card("a"), card("b"), card("c"), plan=graph("a,b", edge("a+b", "c")))

    def run(*order: str) -> Transcript:
        play = Play(agreed=agreed).start(MaxTurns(9))
        assert play.give_all() == ["a", "b"]
        for name in order:
            play.by(name).say(f"{name} is done")
        return play.log

    assert diff(run("a", "b"), run("b", "a")).same


def test_unknown_numbers_are_unknown_and_a_part_of_one_a_bound() -> None:
    found = diff(talk("x", "y", usage=USED), talk("x", "y", usage=None))
    assert number(found, "tokens in") == (Number(value=200), Number(value=None, at_least=True))
    assert number(found, "US dollars") == (Number(value=None, at_least=True),) * 2
    assert [(pair.agent, pair.changes) for pair in changed(found)] == [("a", ("tokens",)), ("b", ("tokens",))]
    assert first_of(changed(found)[0]) == (120, None)
    assert (found.first, found.same) == (None, False)


def first_of(pair: TurnPair) -> tuple[int | None, int | None]:
    assert pair.a is not None
    assert pair.b is not None
    return pair.a.tokens, pair.b.tokens


def test_money_is_summed_by_agent_and_by_model() -> None:
    agreed = team(card("a", model=model("dear", price=PRICE)), card("b", model=model("free", price=PRICE)))
    found = diff(talk("x", "y", agreed=agreed), talk("x", "y", "z", agreed=agreed))
    spent = (100 * 1.0 + 20 * 4.0) / 1e6
    assert number(found, "US dollars", "agent a") == (Number(value=spent), Number(value=2 * spent))
    assert number(found, "model calls", "model free") == (Number(value=1), Number(value=1))


def test_endings_are_compared() -> None:
    found = diff(
        talk("x", "DONE", until=Mentions("DONE") | MaxTurns(9)), talk("x", "on", until=Mentions("DONE") | MaxTurns(2))
    )
    assert (found.a.outcome, found.b.outcome) == ("done", "limit")
    assert [pair.changes for pair in changed(found) if pair.kind == "closed"] == [("ending",)]


def test_a_failed_turn_ends_otherwise() -> None:
    def run(*, fails: bool) -> Transcript:
        play = Play().start(MaxTurns(1))
        play.give()
        play.fail() if fails else play.say("x")
        return play.log

    found = diff(run(fails=False), run(fails=True))
    assert first(found).what == "ending"
    assert (changed(found)[0].a_text, changed(found)[0].b_text) == ("x", "(failed: ValueError: no)")


# branches


def branch(log: Transcript, at: int, *events: Event, go_on: Callable[[Transcript], None] | None = None) -> Transcript:
    """A branch behind event `at`, with these events behind the fork."""
    found = log.upto(at)
    fork = Forked(parent=Position(conversation="c", seq=at), branch="c.b", author="eve", reason="to see")
    for event in (fork, *events):
        found.enter(event, at=0.0, active=found[len(found)].active, cause=at)
    if go_on is not None:
        go_on(found)
    return found


def test_branches_share_what_is_equal_to_the_byte() -> None:
    log = talk("x", "y", "z")
    one = branch(log, 7, Said(sender="user", body=Text.of("this way")))
    other = branch(log, 11, Said(sender="user", body=Text.of("that way")))
    found = diff(one, other)
    assert found.shared == 7
    there = first(found)
    assert (there.a and there.a.text, there.b and there.b.kind) == ("this way", "turn_given")
    assert [(fork.parent.seq, fork.reason) for fork in found.b.forks] == [(11, "to see")]


def test_a_branch_that_did_the_same_does_not_differ() -> None:
    log = talk("x", "y")

    def same(branch: Transcript) -> None:
        branch.enter(Released(owner="me", epoch=1), at=0.0, active=0.0, cause=0)

    assert diff(log.upto(7), branch(log, 7, go_on=same)).same


def test_a_call_that_was_open_at_the_fork_and_is_made_anew_is_one_call() -> None:
    log = talk("x", "y")
    started, finished, said = (log[seq].event for seq in (5, 6, 7))
    anew = (
        started,
        finished.model_copy(update={"call": 7}),
        said.model_copy(update={"from_calls": (8,)}),
    )
    assert diff(log.upto(7), branch(log, 5, *anew)).same


def test_an_edited_message_differs_where_it_stands_and_prompts_before_stay() -> None:
    log = talk("x", "y", "z")
    edit = Edited(
        act="replace", target=7, value=Text.of("else").model_dump(mode="json"), author="eve", reason="why not"
    )
    found = diff(log, branch(log, 11, edit))
    there = first(found)
    assert there.a is not None
    assert there.b is not None
    assert (there.what, there.a.seq, there.b.seq, there.b.text) == ("text", 7, 7, "else")
    assert [(one.seq, one.edit.act, one.edit.author) for one in found.b.edits] == [(13, "replace", "eve")]
    pairs = [(pair.a.seq, pair.b.seq) for pair in found.turns if pair.a and pair.b]
    assert pairs == [(1, 1), (2, 2), (3, 3), (4, 4), (8, 8)]
