"""Why an agent got the turn, why an answer was refused, how a turn ended."""

from __future__ import annotations

from agentchat.policy.charter import CallLimits, Charter
from agentchat.policy.routing.plans import FunctionPlan, HandoffsPlan, SupervisedPlan
from agentchat.policy.rules import Failures, MaxTurns
from agentchat.transcript.calls import AskRecipe, Problem
from agentchat.transcript.events import (
    Answered,
    ExternalSignal,
    Interrupted,
    Judged,
    Paused,
    Refused,
    Said,
    StateSet,
    TurnCancelled,
    TurnFailed,
    TurnGiven,
    Why,
)
from agentchat.transcript.messages import Data, Direction, Handoff, Text
from tests.debug.telling import lines
from tests.policy.cards import card, edge, graph, handy, model, team, typed
from tests.policy.play import Play, text, wants


def given(play: Play) -> list[str]:
    """Why the next turn is given."""
    play.give()
    return lines(play.log, play.focus)


# who is next


def test_in_turn() -> None:
    play = Play("a", "b").start(MaxTurns(9))
    assert given(play)[:3] == [
        "a got the turn, to answer event 3 (user: “Do it.”)",
        "chosen by round_robin (everyone has the turn in order): first in the roster",
        "the roster: a, b",
    ]


def test_whoever_is_asked_by_name() -> None:
    play = Play("a", "b").start(MaxTurns(9), task=None)
    said = play.offer(Said(sender="user", to="b", body=Text.of("You?")))
    assert lines(play.log, said.seq)[-1] == "only b sees it, who has the next turn for it"
    assert given(play)[1] == "chosen by addressed (whoever is asked something by name answers first): user asked for it"


def test_a_supervisor_and_whom_it_names() -> None:
    boss = card("boss", kind="supervisor", emits=("Direction",), team=("a", "b"))
    plan = SupervisedPlan(supervisor="boss", team=("a", "b"))
    play = Play(agreed=team(card("a"), card("b"), boss, plan=plan)).start(MaxTurns(9))
    assert given(play)[1].startswith("chosen by supervised (the supervisor has the turn first, and after each other)")
    said = play.say(Direction(next="b", instruction="Look.", reason="knows it")).seq
    assert lines(play.log, said)[0] == "boss said: → b: “Look.”"
    assert given(play) == [
        "b got the turn, to answer event 3 (user: “Do it.”)",
        "chosen by boss: knows it",
        "among a, b, finish",
        f"on these values: direction {said}",
        f"the direction is event {said} (boss: → b: “Look.”)",
    ]


def test_an_agent_that_is_handed_the_conversation() -> None:
    plan = HandoffsPlan(start="a", to={"a": ("b", "user"), "b": ("a",)})
    play = Play(agreed=team(card("a"), card("b"), plan=plan)).start(MaxTurns(9))
    play.give()
    said = play.say(Handoff(to="b")).seq
    assert lines(play.log, said)[0] == "a said: → b"
    assert given(play)[1:] == [
        "chosen by handoffs (whoever has the conversation keeps it until it hands over): a handed over",
        "among b, user",
        f"on these values: handoff {said}",
        f"the handoff is event {said} (a: → b)",
    ]


def test_a_function_that_chooses() -> None:
    play = Play(agreed=team(card("a"), card("b"), plan=FunctionPlan(name="m:next x")), judge=lambda name, on: "b")
    play.start(MaxTurns(9))
    assert given(play)[1:] == [
        "chosen by m:next: m:next chose it",
        "among a, b",
        "on these values: judged 3",
        'event 4: asked about event 3, it gave "b"',
    ]
    assert lines(play.log, 4) == [
        'm:next was asked about event 3 (user: “Do it.”) and gave "b"',
        "it chooses who is next",
    ]


def test_the_edge_that_was_taken_and_those_that_did_not_match() -> None:
    edges = (edge("b", "END"), edge("a", "END", when="m:done x"), edge("a", "b"), edge("a", "c"))
    play = Play(agreed=team(card("a"), card("b"), card("c"), plan=graph("a", *edges)), judge=lambda name, on: False)
    play.start(MaxTurns(9))
    assert given(play)[1].startswith("chosen by graph (the first edge that matches is taken): ")
    play.say("hello")
    assert given(play)[3:] == [
        "on these values: edge 2, taken 1",
        "edge 3 of 4: a -> b",
        "edge 2 did not match: a -> END when m:done",
    ]
    assert lines(play.log, 6)[1] == "asked by the edge a -> END when m:done, which is taken at a yes"


def test_what_was_joined() -> None:
    edges = (edge("a", "b,c"), edge("b+c", "d"))
    names = ("a", "b", "c", "d")
    play = Play(agreed=team(*(card(name) for name in names), plan=graph("a", *edges))).start(MaxTurns(9))
    play.give()
    play.say("go")
    play.give_all()
    places = [play.by("c").say("from c").seq, play.by("b").say("from b").seq]
    told = given(play)
    assert f"joined: event {places[0]} (c: “from c”)" in told
    assert f"joined: event {places[1]} (b: “from b”)" in told


def test_values_of_a_kind_that_is_not_known_are_shown_and_lead_nowhere() -> None:
    edges = graph("a", edge("a", "b"), edge("b", "a"))
    play = Play(agreed=team(card("a"), card("b"), plan=edges)).start(MaxTurns(9))
    for values in ({"edge": 7, "judged": 3}, {"edge": "x", "joined": 1}):
        why = Why(router="other", reason="so", values=values)  # type: ignore[arg-type]  # JSON of two shapes
        play.enter(TurnGiven(to="a", subject=99, why=why), 3)
    play.enter(Judged(name="m:f x", on=3, value=True), 3)
    play.enter(TurnGiven(to="a", subject=3, why=Why(router="m:g", reason="so", values={"judged": 3})), 3)
    assert lines(play.log, 4) == [
        "a got the turn, to answer event 99",
        "chosen by other: so",
        "on these values: edge 7, judged 3",
    ]
    assert lines(play.log, 5)[2:] == ["on these values: edge x, joined 1"]
    assert lines(play.log, 7)[2:] == ["on these values: judged 3"]


# what is refused


def asked(play: Play, reply: str) -> int:
    return play.call_model(reply=text(reply)).seq


def test_a_refused_answer_says_what_is_wrong_and_how_many_repairs_are_left() -> None:
    agreed = team(typed("a", repairs=1, stronger=model("s")), limits=CallLimits(model_calls=5))
    play = Play(agreed=agreed).start(MaxTurns(9))
    play.give()
    told = []
    for number in range(3):
        reply = asked(play, f'{{"n": "{number}"}}')
        told.append((reply, play.refuse("n: not a number", "n: too long", call=reply).seq))
    play.fail("AnswerRefused")
    (first, refused), (_, second), (_, third) = told
    assert lines(play.log, refused) == [
        "an answer of a was refused by the agent's own schema or check: n: not a number; n: too long",
        f"it is the reply at event {first}",
        "repairs left: 1 of 1, and then s is asked once",
        "model calls of its turn: 1 of 5 made",
        f"then: event {refused + 1}, m was asked again",
    ]
    assert "repairs left: 0 of 1, and then s is asked once" in lines(play.log, second)
    assert lines(play.log, third)[2:] == [
        "repairs left: 0 of 1, so the turn fails",
        "model calls of its turn: 3 of 5 made",
        f"then: event {third + 1}, the turn was over (turn_failed)",
    ]
    again = lines(play.log, refused + 1)
    assert again[1] == (
        f"because of event {refused}: an answer of a was refused by the agent's own schema or check: "
        "n: not a number; n: too long"
    )
    failed = lines(play.log, third + 1)
    assert failed[0] == "the turn of a failed: AnswerRefused: “no”"
    assert sum("was refused by the agent's own schema or check" in line for line in failed) == 3


def test_a_refused_tool_call_is_told_to_the_model() -> None:
    play = Play(agreed=team(handy("a"))).start(MaxTurns(9))
    play.give()
    reply = play.call_model(reply=wants(("x", "not json"))).seq
    refused = play.refuse("arguments: no JSON", tool="x").seq
    play.call_model()
    assert lines(play.log, refused) == [
        "the call of look(not json) by a was refused: arguments: no JSON",
        "it was not made; the model is told so and asked again",
        f"then: event {refused + 1}, m was asked again",
    ]
    assert lines(play.log, reply)[0] == f"m, asked by a, (call {reply - 1}) came back: it asks for look(not json)"


def test_a_refused_tool_call_that_nobody_asked_for_is_told_as_such() -> None:
    play = Play(agreed=team(handy("a"))).start(MaxTurns(9))
    play.give()
    play.call_model(reply=wants(("x", "{}")))
    refused = play.refuse("gone", tool="y").seq
    assert lines(play.log, refused)[0] == "a tool call of a was refused: gone"


def test_what_the_policy_refuses_fails_the_turn() -> None:
    play = Play(agreed=team(card("a", emits=("Draft",)), card("b"))).start(MaxTurns(9))
    play.give()
    refused = play.say("plain").seq
    play.fail("AnswerRefused")
    assert lines(play.log, refused) == [
        "an answer of a was refused by the policy: a said Text, and it says Draft only",
        'it was: {"kind": "text", "parts": [{"type": "text", "content": "plain"}]}',
        "what is refused when it is said cannot be put right: the turn fails",
        f"then: event {refused + 1}, the turn was over (turn_failed)",
    ]


def test_a_refusal_of_an_agent_without_repairs_says_no_more_than_it_knows() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    refused = play.refuse("no").seq
    play.enter(Refused(turn=99, by="agent", raw="raw", problems=("no",), type="Draft"), 4)
    assert lines(play.log, refused) == ["an answer of a was refused by the agent's own schema or check: no"]
    assert lines(play.log, refused + 1) == [
        "an answer of an agent was refused by the agent's own schema or check: no",
        "it was: “raw”",
        "as a Draft",
    ]


def test_an_answer_refused_behind_its_turn_has_repairs_all_the_same() -> None:
    play = Play(agreed=team(typed("a"))).start(MaxTurns(9))
    play.give()
    play.say(Data(type="Draft", value={"n": 1}))
    refused = play.enter(Refused(turn=4, by="agent", problems=("late",)), 4).seq
    assert lines(play.log, refused)[1:] == ["repairs left: 2 of 2"]


# how turns end


def test_a_message_says_what_it_took() -> None:
    play = Play(agreed=team(handy("a"))).start(MaxTurns(9))
    play.give()
    first = play.call_model(reply=wants(("x", '{"at": 1}'), ("y", "{}"))).seq
    tool = play.tool("x", {"at": 1})
    play.back(tool, "it broke", ok=False)
    question = play.begin(AskRecipe(question="May I?", answer_schema={}, to="user", tool_call_id="y"), "d")
    paused = play.offer(Paused(pause="q", call=question.seq, question="May I?", answer_schema={}, to="user"))
    answered = play.offer(Answered(pause="q", value=False, by="user"))
    play.refuse("not allowed", tool="y")
    code = play.call_code()
    last = play.call_model()
    said = play.say(calls=(last.seq,)).seq
    assert lines(play.log, said) == [
        f"a said: “answer {last.seq - 1}”",
        f"word for word the result at event {last.seq}",
        f"calls of its turn (event 4): {first - 1} (m), {tool.seq} (tool look), {question.seq} (question to user), "
        f"{code.seq - 1} (python), {last.seq - 1} (m)",
        f"event {paused.seq}: a asked user “May I?” and waits for the answer",
        f"event {answered.seq}: user answered false to the question q",
        f"event {answered.seq + 1}: the call of look({{}}) by a was refused: not allowed",
    ]


def test_a_typed_message_names_its_type_and_the_rule_it_makes_true() -> None:
    play = Play(agreed=team(typed("a"))).start(MaxTurns(1))
    play.give()
    reply = asked(play, '{"n": 1}')
    said = play.say(calls=(reply,), kind="Draft").seq
    assert lines(play.log, said)[1] == "its type is Draft"
    assert lines(play.log, said)[-1] == "with this, the rule MaxTurns(turns=1) came true"


def test_silence_is_counted() -> None:
    play = Play("a", "b").start(MaxTurns(9))
    play.give()
    assert lines(play.log, play.skip().seq) == [
        "a had nothing to say in its turn (event 4)",
        "1 of 2 passed in a row; when all do, the run ends",
    ]


def test_failures_are_held_against_what_the_run_bears() -> None:
    play = Play().start(MaxTurns(9) | Failures(3))
    play.give()
    failed = play.enter(play_failed(play), play.turn.seq).seq
    assert lines(play.log, failed) == [
        "the turn of a failed: ValueError: “no good” (x.py:3)",
        "failures in a row: 1; the run bears 2 in a row",
    ]
    play = Play().start(MaxTurns(9))
    play.give()
    failed = play.fail().seq
    assert lines(play.log, failed)[-1] == ("failures in a row: 1; without a rule Failures(n) the first ends the run")


def play_failed(play: Play) -> TurnFailed:
    return TurnFailed(turn=play.turn.seq, error=Problem(type="ValueError", message="no good", where="x.py:3"))


def test_a_stopped_turn_names_what_stopped_it() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    play.ask()
    stop = play.offer(Interrupted(by="user", reason="enough")).seq
    play.decided()
    assert lines(play.log, stop) == ["user stopped the run: “enough”", "the turn of a (event 4) was going on"]
    assert lines(play.log, stop + 1) == [
        "the turn of a (event 4) was stopped: stopped by user",
        f"because of event {stop}: user stopped the run: “enough”",
        "calls of its turn (event 4): 5 (m)",
    ]
    alone = play.enter(TurnCancelled(turn=99, reason="somehow"), 0).seq
    assert lines(play.log, alone) == ["the turn of an agent (event 99) was stopped: somehow"]


def test_state_and_signals() -> None:
    play = Play().start(MaxTurns(9))
    play.give()
    state = play.offer(StateSet(turn=play.turn.seq, agent="a", ordinal=1, state={"n": 1})).seq
    signal = play.offer(ExternalSignal(name="stop", value=[1], by="program")).seq
    assert lines(play.log, state) == [
        'a wrote down its state: {"n": 1}',
        "change 1 of its turn (event 4); it has it again in later turns",
    ]
    assert lines(play.log, signal) == ["the signal 'stop' came from program", "with [1]"]


def test_a_message_on_a_graph_to_somebody_has_no_turn_of_its_own() -> None:
    agreed: Charter = team(card("a"), card("b"), plan=graph("a", edge("a", "b"), edge("b", "END")))
    play = Play(agreed=agreed).start(MaxTurns(9), task=None)
    said = play.offer(Said(sender="user", to="b", body=Text.of("You?"))).seq
    assert lines(play.log, said)[-1] == "only b sees it"


def test_a_message_whose_calls_are_gone_is_still_told() -> None:
    play = Play().start(MaxTurns(9))
    said = play.enter(Said(sender="a", from_calls=(77,), turn=3), 3).seq
    assert lines(play.log, said) == ["a said: something that cannot be read", "word for word the result at event 77"]
