"""Runs to be looked at: one with a little of everything, and one of any length."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable
from math import sin
from typing import Any, Final

from agentchat.policy.charter import AgentCard
from agentchat.policy.prompts.asking import Wish
from agentchat.policy.prompts.rendering import shown_source
from agentchat.policy.routing.plans import SupervisedPlan
from agentchat.policy.rules import MaxTurns, Mentions
from agentchat.policy.spending.budget import Budget, Cap
from agentchat.policy.spending.prices import Price
from agentchat.transcript.calls import Answer, AskRecipe, CodeRecipe, JsonObject, Reply, Usage
from agentchat.transcript.chain import digest
from agentchat.transcript.events import (
    Answered,
    CallFailed,
    CallFinished,
    CallStarted,
    Entry,
    Paused,
    StateSet,
    TurnGiven,
)
from agentchat.transcript.messages import CodeRun, Direction, SavedFile, TextPart, ToolCallPart
from agentchat.transcript.transcript import Transcript
from tests.policy.acts import acts
from tests.policy.cards import card, handy, model, team, typed
from tests.policy.play import Play, problem

SMART: Final = Price(input=2.5, output=10.0, source="test")
FAST: Final = Price(input=0.25, output=1.0, source="test")
TASK: Final = "How much did the river rise after the storm of 12 March, and how sure are we? Draw the curve."


def png(width: int, height: int, colour: Callable[[int, int], tuple[int, int, int]]) -> str:
    """A picture as base64."""
    rows = b"".join(b"\0" + bytes(value for x in range(width) for value in colour(x, y)) for y in range(height))

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return base64.b64encode(data).decode()


def curve(x: int, y: int) -> tuple[int, int, int]:
    level = 120 - 80 / (1 + 2.7 ** (-(x - 140) / 18)) + 4 * sin(x / 9)
    if abs(y - level) < 2:
        return 28, 111, 176
    return (222, 236, 247) if y > level else (255, 255, 255)


PROGRAM: Final = (
    "import math\n\n\ndef level(hour: float) -> float:\n    # a smooth step, fitted by hand\n"
    "    return 0.91 + 1.84 / (1 + math.exp(-(hour - 4.5) / 0.9))\n\n\n"
    'for hour in range(0, 10):\n    print(f"{hour:2d} h  {level(hour):.2f} m")\nplot(level, 0, 10)\n'
)
PICTURE: Final = png(320, 140, curve)


class Scene(Play):
    """A play whose acts take time."""

    def wait(self, seconds: float) -> Scene:
        self.active += seconds
        return self

    def think(self, reply: Reply, seconds: float, wish: Wish | None = None) -> Entry:
        started = self.ask(wish)
        assert isinstance(started.event, CallStarted), started.event
        return self.wait(seconds).answer(started, reply)

    def direct(self, to: str, instruction: str | None, reason: str, answer: str | None = None) -> None:
        self.give()
        self.wait(0.03)
        body = Direction(next=to, instruction=instruction, reason=reason, answer=answer)
        reply = Reply(
            parts=(TextPart(content=body.model_dump_json(exclude={"kind"}, exclude_none=True)),),
            finish="stop",
            usage=Usage(input_tokens=410 + 6 * len(self.log), output_tokens=38),
        )
        ended = self.think(reply, 0.6)
        self.say(calls=(ended.seq,), kind="Direction")


def _reply(content: str, into: int, out: int, *tools: tuple[str, str]) -> Reply:
    parts: list[Any] = [TextPart(content=content)] if content else []
    parts += [ToolCallPart(id=name, name="look", arguments=arguments) for name, arguments in tools]
    return Reply(
        parts=tuple(parts), finish="tool_calls" if tools else "stop", usage=Usage(input_tokens=into, output_tokens=out)
    )


def river(*, level: str = "1.84 m", sure: bool = True) -> Transcript:
    """A supervised team with tools side by side, a program that draws, a refusal, a retry, a question, a budget.

    level, sure: what the researcher finds, and whether the critic is content; a second run differs from there on.
    """
    fast = model("gpt-fast", tier="fast", price=FAST)
    there = model("gpt-fast", wire="responses", tier="fast", price=FAST)
    smart = model("gpt-smart", tier="smart", price=SMART)
    names = ("researcher", "runner", "critic")
    boss = card(
        "editor",
        model=fast,
        kind="supervisor",
        emits=("Direction",),
        team=names,
        instructions="You lead the team. Say who is next.",
    )
    cast = (
        boss,
        handy(
            "researcher",
            asked=smart,
            description="Looks up measurements.",
            instructions="Find the numbers; never guess them.",
        ),
        AgentCard(name="runner", kind="user-proxy", description="Runs programs."),
        typed("critic", "responses", model=there, description="Says how far an answer can be trusted."),
    )
    scene = Scene(agreed=team(*cast, plan=SupervisedPlan(supervisor="editor", team=names)), pace=0.004)
    budget = Budget(tokens=24_000, usd=0.03, calls=30, agents={"critic": Cap(tokens=8_000)})
    scene.start(Mentions("DONE", by="editor") | MaxTurns(20), budget, task=TASK)
    scene.direct("researcher", "Find the gauge readings before and after the storm.", "numbers first")
    _research(scene, level)
    scene.direct("runner", "Run the program.", "a program was written")
    _draw(scene)
    scene.direct("critic", "How sure is that?", "somebody should doubt it")
    _doubt(scene, sure)
    scene.direct("finish", None, "all is answered", f"The river rose by {level} within nine hours. DONE")
    while scene.rule() is not None:
        pass
    return scene.log


def _research(scene: Scene, level: str) -> None:
    scene.give()
    first = scene.ask()
    assert isinstance(first.event, CallStarted)
    scene.wait(1.1)
    scene.offer(
        CallFailed(
            call=first.seq,
            error=problem("ModelBusy", "429: too many requests, try again"),
            retryable=True,
            retry_after=0.5,
        )
    )
    again = scene.wait(0.5).offer(first.event.model_copy(update={"attempt": 2}))
    asked = (
        ("a", '{"gauge": "upper bridge", "from": "2026-03-11"}'),
        ("b", '{"gauge": "mill", "from": "2026-03-11"}'),
        ("c", '{"rain": true}'),
    )
    scene.wait(1.9).answer(again, _reply("I look at both gauges and at the rain.", 812, 96, *asked))
    gauges = [
        scene.tool(name, {"gauge": gauge, "from": "2026-03-11"})
        for name, gauge in (("a", "upper bridge"), ("b", "mill"))
    ]
    rain = scene.tool("c", {"rain": True})
    scene.wait(0.7).back(gauges[1], {"error": "the mill gauge was out of order"}, ok=False)
    scene.wait(0.5).back(rain, {"unit": "mm", "hourly": [0, 2, 9, 14, 11, 3, 0]})
    scene.wait(0.6).back(gauges[0], {"unit": "m", "before": 0.91, "after": level})
    text = (
        f"💧 The **upper bridge** gauge rose by {level}; the `mill` gauge was out of order, so *one* is left.\n\n"
        f"This draws the curve:\n\n```python\n{PROGRAM}```\n\nThe rain fell between 02:00 and 06:00."
    )
    ended = scene.think(_reply(text, 1490, 212), 2.6)
    scene.say(calls=(ended.seq,))


def _draw(scene: Scene) -> None:
    scene.give()
    said = scene.turn.event
    assert isinstance(said, TurnGiven)
    pieces = shown_source(scene.log, said.subject, PROGRAM)
    recipe = CodeRecipe(language="python", source=pieces, sandbox="bubblewrap")
    started = scene.begin(recipe, digest(b"python"))
    table = "\n".join(f"{hour:2d} h  {0.91 + 0.2 * hour:.2f} m" for hour in range(10))
    run = CodeRun(
        language="python", status="ok", exit_code=0, stdout=f"{table}\ndata:image/png;base64,{PICTURE}\n", seconds=0.84
    )
    ended = scene.wait(0.84).offer(CallFinished(call=started.seq, result=run))
    scene.offer(StateSet(turn=scene.turn.seq, agent="runner", ordinal=1, state={"programs": 1}))
    scene.say(calls=(ended.seq,))


def _doubt(scene: Scene, sure: bool) -> None:
    scene.give()
    wrong = scene.think(_reply('{"n": "fairly sure"}', 1710, 24), 0.9)
    scene.refuse("n: 'fairly sure' is not an integer", call=wrong.seq)
    if not sure:
        question = "The two gauges disagree. Go on with one?"
        schema: JsonObject = {"type": "object", "properties": {"yes": {"type": "boolean"}}}
        asked = scene.begin(AskRecipe(question=question, answer_schema=schema, to="user"), "d")
        scene.enter(Paused(pause="p1", call=asked.seq, question=question, answer_schema=schema, to="user"), asked.seq)
        scene.wait(3.0).enter(
            Answered(pause="p1", value={"yes": True, "reason": "one is enough"}, by="user"), asked.seq
        )
        scene.offer(CallFinished(call=asked.seq, result=Answer(value={"yes": True}, by="user")))
    right = scene.think(_reply('{"n": 8}' if sure else '{"n": 5}', 1840, 9), 0.8)
    scene.say(calls=(right.seq,), kind="Draft")


def long(events: int) -> Transcript:
    """A run of so many events or a few more: tools side by side, refusals, programs, in the turns of two agents."""
    priced = model("gpt-fast", price=FAST)
    cast = (handy("ada", asked=priced), handy("ben", typed=True, asked=priced, emits=("Draft", "Text")))
    play = Play(agreed=team(*cast), pace=0.05)
    play.start(MaxTurns(100_000), Budget(tokens=900_000_000), task=TASK)
    scripts = acts("tools", "repairs", "gathered", "typed", "prompt", "text")
    turn = 0
    while len(play.log) < events:
        play.give()
        for _ in scripts[turn % len(scripts)](play):
            pass
        turn += 1
    return play.log


def saving(*files: SavedFile, **done: Any) -> Transcript:
    """A program that leaves files behind, and its result as a message."""
    play = Scene(agreed=team(card("runner", kind="user-proxy"), card("ann")))
    play.start(MaxTurns(9), task="Draw it.")
    play.give()
    started = play.begin(CodeRecipe(language="python", source=("=plot()",), sandbox="bubblewrap"), digest(b"python"))
    run = CodeRun(language="python", status="ok", exit_code=0, seconds=0.5, files=files, **done)
    ended = play.offer(CallFinished(call=started.seq, result=run))
    play.say(calls=(ended.seq,))
    return play.log


def stopped() -> Transcript:
    """A run that its budget ends: a call that was not admitted, a failed turn, a second run."""
    play = Scene(agreed=team(card("ada", model=model("gpt-fast", price=FAST)), card("ben", model="dear")), pace=0.1)
    for run in (1, 2):
        play.start(MaxTurns(9), Budget(calls=2, seconds=30), task=f"Try it, {run}.")
        play.run(acts("text", "prompt", "text"))
    return play.log
