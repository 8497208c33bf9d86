"""Mermaid diagrams: the path and the declared graph, in which no name and no text can be anything but a label.

The forms below are what was held against the parser of Mermaid 11 with the same texts; it is not installed here.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import given

from agentchat.exchange.mermaid_graph import mermaid_graph
from agentchat.exchange.mermaid_path import mermaid
from agentchat.exchange.mermaid_text import LARGEST, label
from agentchat.policy.charter import Charter
from agentchat.policy.routing.plans import AnyPlan, FunctionPlan, HandoffsPlan, SupervisedPlan
from agentchat.policy.rules import MaxTurns, Mentions
from agentchat.transcript.events import ExternalSignal, Said
from agentchat.transcript.messages import Direction, Text
from agentchat.transcript.transcript import Transcript
from tests.exchange.logs import FIXTURE, conversation, said, texts
from tests.policy.cards import card, edge, graph, team
from tests.policy.generated import plays, several
from tests.policy.play import Play

LABEL = r"(?:[^\x00-\x20\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x9f]|[ .,?!']|#\d+;)+"
SEQUENCE = re.compile(
    rf"    (?:(?:actor|participant) n\d+ as {LABEL}|n\d+(?:->>|-->>)n\d+: {LABEL}|Note over n\d+(?:,n\d+)?: {LABEL})"
)
NODE = rf'\["{LABEL}(?:<br/>{LABEL})?"\]|\(\["{LABEL}"\]\)|\{{\{{"{LABEL}"\}}\}}'
FLOW = re.compile(
    rf'    (?:begin\(\(start\)\)|begin --> n\d+|n\d+(?:{NODE})|n\d+ (?:-->|-\.->)(?:\|"{LABEL}"\|)? n\d+)'
)


def lines(diagram: str, head: str, form: re.Pattern[str]) -> list[str]:
    """The lines of a diagram behind its head. Fails for one that is anything but a statement with plain labels."""
    first, *rest = diagram.removesuffix("\n").split("\n")
    assert first == head
    assert [line for line in rest if not form.fullmatch(line)] == []
    return [line.strip() for line in rest]


def path(log: Transcript) -> list[str]:
    return lines(mermaid(log).text, "sequenceDiagram", SEQUENCE)


def chart(agreed: Charter) -> list[str]:
    return lines(mermaid_graph(Play(agreed=agreed).log).text, "flowchart TD", FLOW)


def test_who_said_what_to_whom() -> None:
    assert path(conversation().log) == [
        "actor n0 as user",
        "participant n1 as helper",
        "participant n2 as other",
        "n0->>n1: Look, please.",
        "Note over n1: a tool call was refused#58; not an object",
        "n1->>n1: look#40;at#61;1#41;",
        "n1->>n2: It is there.",
        "n2->>n1: python#58; finished, exit code 0#58; 1",
        "Note over n1: the turn failed#58; ValueError#58; no",
        "Note over n0,n2: failed#58; the turn of helper failed#58; ValueError#58; no",
    ]


def test_a_supervisor_sends_and_the_end_goes_to_the_person() -> None:
    boss = card("boss", kind="supervisor", emits=("Direction",), team=("a",))
    plan = SupervisedPlan(supervisor="boss", team=("a",))
    play = Play(agreed=team(card("a"), boss, plan=plan)).start(MaxTurns(9))
    play.rule()
    play.say(Direction(next="a", instruction="look", reason="so"))
    play.rule()
    play.say("seen")
    play.rule()
    play.say(Direction(next="finish", reason="so", answer="done it"))
    play.rule()
    assert path(play.log)[3:] == [
        "n0->>n1: Do it.",
        "n1->>n2: look",
        "n2->>n1: seen",
        "n1-->>n0: finished. done it",
        "Note over n0,n2: done#58; boss finished#58; so",
    ]


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (None, ["n0 --> n1", "n1 --> n0"]),
        (
            HandoffsPlan(start="a", to={"a": ("b", "user"), "b": ()}),
            ['n0 -->|"hands over"| n1', 'n2(["user"])', 'n0 -->|"hands over"| n2'],
        ),
        (
            FunctionPlan(name="team:next_one sha256"),
            [
                'n2{{"team#58;next#95;one"}}',
                "begin((start))",
                "begin --> n2",
                'n2 -->|"chooses"| n0',
                "n0 --> n2",
                'n2 -->|"chooses"| n1',
                "n1 --> n2",
            ],
        ),
        (
            graph(
                "a",
                edge("a", "b", when="m:has_errors x", at_most=3, on_cap="END"),
                edge("a+b", "END", rule=Mentions("OK").written()),
            ),
            [
                'n0 -->|"when m#58;has#95;errors, at most 3 times"| n1',
                'n2(["the end"])',
                'n0 -.->|"after 3 times"| n2',
                'n3{{"all of them"}}',
                "n0 --> n3",
                "n1 --> n3",
                "n3 -->|\"when Mentions#40;text#61;'OK'#41;\"| n2",
            ],
        ),
    ],
    ids=["in turn", "handed over", "a function", "a graph"],
)
def test_the_declared_routing(plan: AnyPlan | None, expected: list[str]) -> None:
    found = chart(team(card("a"), card("b"), plan=plan))
    assert found[:2] == ['n0["a<br/>m"]', 'n1["b<br/>m"]']
    assert found[-len(expected) :] == expected


@given(texts)
def test_a_label_holds_its_text_and_nothing_else(text: str) -> None:
    made = label(text, longest=1000)
    assert re.fullmatch(LABEL, made)
    decoded = re.sub(r"#(\d+);", lambda match: chr(int(match[1])), made)
    hidden = re.sub("[\x00-\x1f\u2028\u202e]", " ", text)
    assert decoded == (" ".join(hidden.split()) or "…")
    assert "direction LR" not in made


@given(texts, texts)
def test_no_text_and_no_name_is_anything_but_a_label(text: str, name: str) -> None:
    path(said(text, text))
    play = Play("a").start()
    play.offer(Said(sender=name, to=name, body=Text.of(text)))
    play.offer(ExternalSignal(name=name, value={text: name}, by=text))
    path(play.log)
    chart(team(card("a", model=text or "m"), plan=graph("a", edge("a", "END", when=text))))


def test_a_long_message_is_cut_and_a_long_diagram_is_said_to_be() -> None:
    (asked, answered, _) = path(said("word " * 100, "x"))[-3:]
    assert asked.endswith("…")
    assert len(answered) < 40
    made = mermaid(said(*["word " * 30] * 600))
    assert len(made.text) > LARGEST
    assert any("Mermaid draws up to 50,000" in loss for loss in made.losses)


def test_every_kind_of_event_goes_through() -> None:
    log = Transcript.load(FIXTURE)
    assert len(path(log)) > 30
    lines(mermaid_graph(log).text, "flowchart TD", FLOW)


@several
@given(plays())
def test_any_conversation_is_a_diagram(play: Play) -> None:
    path(play.log)
    lines(mermaid_graph(play.log).text, "flowchart TD", FLOW)
