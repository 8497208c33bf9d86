"""What a person is shown of an entry. Transcripts are built by hand: the view needs nothing that runs."""

from __future__ import annotations

import io

import pytest

from agentchat.agents.assistant import Assistant
from agentchat.agents.user_proxy import UserProxy
from agentchat.models.scripted import ScriptedModel
from agentchat.policy.charter import Charter
from agentchat.policy.routing import ROUND_ROBIN
from agentchat.policy.usage import usage_of
from agentchat.terminal.console import Plain
from agentchat.terminal.event_line import LONGEST, event_line
from agentchat.terminal.view import call_line, usage_line, view
from agentchat.transcript.calls import CodeRecipe, ModelRecipe, Problem, Reply, Usage
from agentchat.transcript.events import (
    Answered,
    CallCancelled,
    CallDenied,
    CallFailed,
    CallFinished,
    CallInDoubt,
    CallStarted,
    Closed,
    Compacted,
    Diverged,
    Edited,
    Event,
    ExternalSignal,
    Forked,
    Interrupted,
    Opened,
    Overrun,
    Paused,
    PersonaChanged,
    Position,
    Refused,
    RunStarted,
    Said,
    Scrubbed,
    Taken,
    TimeUp,
    TurnFailed,
    TurnGiven,
    TurnPassed,
    Warned,
    Why,
)
from agentchat.transcript.messages import (
    BlobPart,
    Code,
    CodeResult,
    CodeRun,
    Data,
    Direction,
    Handoff,
    Text,
    TextPart,
    wrap,
)
from agentchat.transcript.transcript import Transcript

EVIL = "[bold]x[/] \x1b[2J\x1b]52;c;AA\x07 \u202e"
TAME = "[bold]x[/] ␛[2J␛]52;c;AA ⟨U+202E⟩"


def transcript_of(*events: Event) -> Transcript:
    """Opened, a run, a task, a turn of the coder (4), its model call (5), then `events` from 6 on."""
    team = [Assistant("coder", model=ScriptedModel(["x"], name="m")), UserProxy("runner")]
    charter = Charter(agents=tuple(agent.card() for agent in team), routing=ROUND_ROBIN)
    transcript = Transcript()
    first: list[Event] = [
        Opened(conversation="c", charter=charter.written()),
        RunStarted(run=1, rules={"rule": "max_turns", "turns": 3}, budget={}, policy=1),
        Said(sender="user", body=wrap("task")),
        TurnGiven(to="coder", subject=3, why=Why(router="r", reason="first")),
        started("model"),
    ]
    for event in (*first, *events):
        transcript.append(transcript.next(event, at=0.0, active=1.25, cause=1))
    return transcript


def started(kind: str) -> CallStarted:
    recipe = ModelRecipe(model="m") if kind == "model" else CodeRecipe(language="python", source=(), sandbox="monty")
    agent = "coder" if kind == "model" else "runner"
    return CallStarted(turn=4, agent=agent, ordinal=1, attempt=1, key="k", recipe=recipe, digest="d")


def shown(*events: Event, width: int = 80, terminal: bool = False) -> str:
    """The last of the events, as plain text."""
    transcript = transcript_of(*events)
    seen = view(transcript[len(transcript)], transcript)
    return "" if seen is None else printed(seen, width=width, terminal=terminal)


def printed(renderable: object, *, width: int = 80, terminal: bool = False) -> str:
    out = io.StringIO()
    console = Plain(out)
    console.width = width
    if terminal:
        console._force_terminal = True
    console.show(renderable)  # type: ignore[arg-type]  # whatever the view gave
    return out.getvalue()


RUN = CodeRun(language="python", status="error", exit_code=1, stdout="out\n", stderr=f"{EVIL}\n", seconds=0.5)
MESSAGES = [
    (wrap("plain [red]text[/red] :smile:"), "plain [red]text[/red] :smile:"),
    (wrap(EVIL), TAME),
    (wrap(""), "(an empty message)"),
    (wrap("a\n```python\nprint(1)\n```\nb"), "a\n```python\nprint(1)\n```\nb"),
    (wrap("```nosuchlanguage\n\tx\n```"), "```nosuchlanguage\n        x\n```"),
    (wrap(f"```python\n{EVIL}\n```"), f"```python\n{TAME}\n```"),
    (Text(parts=(TextPart(content="see"), BlobPart(mime_type="image/png", content="AA"))), "see\n[blob]"),
    (Code(source="print(1)\n"), "print(1)\n"),
    (
        CodeResult(runs=(RUN,), skipped=2),
        f"python failed with exit code 1 after 0.50 s\nout\n{TAME}\n2 later blocks not run",
    ),
    (
        CodeResult(runs=(CodeRun(language="python", status="ok", exit_code=0),)),
        "python finished with exit code 0 after 0.00 s\n(no output)",
    ),
    (
        CodeResult(runs=(CodeRun(language="perl", status="unsupported", detail="runs python only", truncated=True),)),
        "perl was not run; runs python only; output cut off",
    ),
    (
        CodeResult(runs=(CodeRun(language="python", status="timeout"),)),
        "python was stopped: it took too long after 0.00 s",
    ),
    (Direction(next="runner", instruction="go"), "→ runner: go"),
    (Handoff(to="runner", reason="tired"), "→ runner: tired"),
    (Data(type="Report", value={"a": EVIL}), 'Report\n{\n  "a": "[bold]x'),
]


@pytest.mark.parametrize(("body", "told"), MESSAGES)
def test_a_message_shows_who_speaks_and_all_that_was_said(body: Text, told: str) -> None:
    text = shown(Said(sender="coder", to="runner", body=body, turn=4))
    assert text.startswith(f"coder to runner\n{told}")
    assert "\x1b" not in text


FAILED = CallFailed(call=5, error=Problem(type="ModelBusy", message=f"busy {EVIL}"), retryable=True, partial="so far")
NOTES = [
    (FAILED, f"coder: the model call failed (attempt 1 of 4): busy {TAME}\nwhat had arrived of the answer:\nso far"),
    (CallCancelled(call=5, reason="cancelled", partial="so"), "coder: the model call was stopped\nwhat had arrived"),
    (CallInDoubt(call=5, policy="retry"), "coder: the model call had no result when the process ended"),
    (
        CallDenied(
            turn=4, agent="coder", ordinal=1, attempt=1, call="model", digest="d", reason="budget",
            values={"spent": 3, "asked": 1, "cap": 3, "unit": "calls"},
        ),
        "coder: a model call was not admitted by the budget: 3 of 3 calls spent",
    ),
    (Overrun(call=5, values={}), "coder: the model call cost more than it had reserved"),
    (
        TurnFailed(turn=4, error=Problem(type="E", message=EVIL, where="f.py:3")),
        f"coder: the turn failed: E: {TAME} (f.py:3)",
    ),
    (TurnPassed(turn=4), "coder: nothing to say"),
    (Refused(turn=4, raw={"a": 1}, problems=("no", "not so")), 'coder: an answer was refused: no; not so\n{"a": 1}'),
    (Diverged(turn=4, ordinal=2, recorded="a", now="b"), "coder: on going on, call 2 of the turn was recorded as a"),
    (Taken(owner=EVIL, epoch=2), f"resumed by {TAME}"),
    (Interrupted(by="user", reason="enough"), "interrupted by user: enough"),
    (ExternalSignal(name="stop", by="x"), "signal 'stop' from x"),
    (TimeUp(rule="Elapsed(seconds=3.0)", active=3.01), "time is up after 3.0 s: Elapsed(seconds=3.0)"),
    (RunStarted(run=2, rules={"rule": "max_turns", "turns": 3}, budget={}, policy=1), "run 2 begins"),
    (Warned(reason="nearly", values={}), "warning: nearly"),
    (Paused(pause="p", call=5, question="Sure?", answer_schema={}, to="user"), "a question to user: Sure?"),
    (Answered(pause="p", value=True, by="user"), "user answered: true"),
    (Compacted(agent="coder", upto=3, call=5), "coder: everything up to event 3 is now a summary"),
    (
        PersonaChanged(
            agent="coder", author="me", reason="better", card={"name": "coder", "kind": "assistant", "model": None}
        ),
        "coder was changed by me: better",
    ),
    (Forked(parent=Position(conversation="p", seq=3), branch="b"), "forked from event 3 of p"),
    (Edited(act="replace", author="me", reason="typo"), "edited by me (replace): typo"),
    (Scrubbed(target=3, digest="d", author="me", reason="secret"), "event 3 was removed by me: secret"),
]  # fmt: skip


@pytest.mark.parametrize(("event", "told"), NOTES)
def test_what_goes_wrong_or_comes_from_outside_is_told(event: Event, told: str) -> None:
    text = shown(event)
    assert text.startswith(told)
    assert "\x1b" not in text


def test_a_turn_that_failed_by_its_call_is_told_once() -> None:
    assert shown(FAILED, TurnFailed(turn=4, error=FAILED.error)) == ""


def test_an_ending_says_why_and_what_next() -> None:
    closed = Closed(outcome="limit", rule="r", event=6, values={}, reason=f"why {EVIL}", advice="Raise it.")
    assert shown(closed) == f"limit: why {TAME}\nRaise it.\n"


def test_a_call_is_a_line() -> None:
    usage = Usage(input_tokens=1234, output_tokens=5)
    finished = CallFinished(call=5, result=Reply(parts=(TextPart(content="x"),), finish="stop", usage=usage))
    ran = CallFinished(call=7, result=CodeRun(language="python", status="ok", seconds=0.25))
    transcript = transcript_of(finished, started("code"), ran)
    lines = [call_line(entry, transcript) for entry in transcript]
    assert [line.plain for line in lines if line is not None] == [
        "· coder asked m (1,234 tokens in, 5 tokens out)".replace("5 tokens out", "5 out"),
        "· runner ran python in monty (0.25 s)",
    ]
    assert usage_line(usage_of(transcript)) == "1 model call, 1 program run, 1,234 tokens in, 5 out"


def test_usage_that_nobody_reported_is_not_nought() -> None:
    finished = CallFinished(call=5, result=Reply(parts=(TextPart(content="x"),), finish="stop"))
    assert usage_line(usage_of(transcript_of(finished))) == "1 model call, 0 programs run, tokens not reported"
    assert usage_line(usage_of(Transcript())) == "0 model calls, 0 programs run"


@pytest.mark.parametrize("event", [event for event, _ in NOTES] + [Said(sender="coder", body=wrap(EVIL), turn=4)])
def test_every_event_has_a_line(event: Event) -> None:
    transcript = transcript_of(event)
    for entry in transcript:
        line = event_line(entry, transcript).plain
        assert line.split()[0] == str(entry.seq)
        assert entry.event.kind in line
        assert "\n" not in line
        assert "\x1b" not in line
        assert len(line) <= LONGEST + 60
