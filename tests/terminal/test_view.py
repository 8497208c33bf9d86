"""What a person is shown of an entry. Transcripts are built by hand: the view needs nothing that runs."""

from __future__ import annotations

import io

import pytest

from agentchat.agents.assistant import Assistant
from agentchat.agents.user_proxy import UserProxy
from agentchat.models.scripted import ScriptedModel
from agentchat.policy.charter import Charter
from agentchat.policy.routing.plans import RoundRobinPlan
from agentchat.policy.spending.usage import Count, Money, Spent, UsageReport, usage_of
from agentchat.terminal.console import Plain
from agentchat.terminal.event_line import LONGEST, event_line
from agentchat.terminal.highlight import verbatim
from agentchat.terminal.usage_text import usage_line
from agentchat.terminal.view import call_line, view
from agentchat.transcript.calls import (
    AskRecipe,
    CodeRecipe,
    ModelRecipe,
    Problem,
    Reply,
    ToolRecipe,
    ToolResult,
    Usage,
)
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
    Judged,
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
    ToolCallPart,
    wrap,
)
from agentchat.transcript.transcript import Transcript

EVIL = "[bold]x[/] \x1b[2J\x1b]52;c;AA\x07 \u202e"
TAME = "[bold]x[/] ␛[2J␛]52;c;AA ⟨U+202E⟩"


def transcript_of(*events: Event) -> Transcript:
    """Opened, a run, a task, a turn of the coder (4), its model call (5), then `events` from 6 on."""
    team = [Assistant("coder", model=ScriptedModel(["x"], name="m")), UserProxy("runner")]
    charter = Charter(agents=tuple(agent.card() for agent in team), routing=RoundRobinPlan().written())
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


@pytest.mark.parametrize("terminal", [True, False])
def test_a_command_is_not_broken_at_the_edge_of_the_terminal(terminal: bool) -> None:
    command = "agentchat resume 20261123-073722-429a6987 --store team.db"
    assert printed(verbatim(command), width=40, terminal=terminal) == f"{command}\n"


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
    (Direction(next="runner"), "→ runner\n"),
    (Direction(next="finish", reason="all is done", answer=f"It is {EVIL}"), f"finished: all is done\nIt is {TAME}"),
    (Direction(next="finish", answer={"a": 1}), 'finished\n{\n  "a": 1\n}'),
    (Handoff(to="runner", reason="tired"), "→ runner: tired"),
    (Handoff(to="runner"), "→ runner\n"),
    (Data(type="Report", value={"a": EVIL}), 'Report {"a": "[bold]x[/] \\u001b[2J'),
    (Data(type="Report", value={"a": "x" * 99}), 'Report\n{\n  "a": "xxx'),
]


@pytest.mark.parametrize(("body", "told"), MESSAGES)
def test_a_message_shows_who_speaks_and_all_that_was_said(body: Text, told: str) -> None:
    text = shown(Said(sender="coder", to="runner", body=body, turn=4))
    assert text.startswith(f"coder to runner\n{told}")
    assert "\x1b" not in text


FAILED = CallFailed(call=5, error=Problem(type="ModelBusy", message=f"busy {EVIL}"), retryable=True, partial="so far")
NOTES = [
    (FAILED, f"coder: the model call failed (attempt 1): busy {TAME}\nwhat had arrived of the answer:\nso far"),
    (
        FAILED.model_copy(update={"retry_after": 7.5}),
        "coder: the model call failed (attempt 1, the next in 7.5 s): busy",
    ),
    (CallCancelled(call=5, reason="cancelled", partial="so"), "coder: the model call was stopped\nwhat had arrived"),
    (CallInDoubt(call=5, policy="retry"), "coder: the model call had no result when the process ended"),
    (
        CallDenied(
            turn=4, agent="coder", ordinal=1, attempt=1, call="model", digest="d", reason="budget",
            values={"spent": 3, "asked": 1, "cap": 3, "unit": "calls"},
        ),
        "coder: a model call was not admitted by the budget: 3 of 3 calls spent",
    ),
    (Overrun(call=5, values={}), "coder: the model call cost more than it had reserved; no further call"),
    (
        Overrun(call=5, values={"scope": "budget", "unit": "tokens", "reserved": 10, "spent": 12}),
        "coder: the model call cost more than it had reserved (12 tokens, 10 reserved); no further call",
    ),
    (
        TurnFailed(turn=4, error=Problem(type="E", message=EVIL, where="f.py:3")),
        f"coder: the turn failed: E: {TAME} (f.py:3)",
    ),
    (
        TurnFailed(turn=4, error=Problem(type="CallNotAdmitted", message="no room", where="calls.py:3")),
        "coder: the turn failed: CallNotAdmitted: no room",
    ),
    (TurnPassed(turn=4), "coder: nothing to say"),
    (Refused(turn=4, raw={"a": 1}, problems=("no", "not so")), 'coder: an answer was refused: no; not so\n{"a": 1}'),
    (Refused(turn=4, problems=("not so",), from_calls=(9,)), "coder: an answer was refused: not so\n"),
    (Refused(turn=4, problems=("no",), tool_call_id="c9"), "coder: the call of a tool was refused: no"),
    (Judged(name="m:f 0a", on=3, error=Problem(type="E", message="bad")), "the function m:f failed on event 3: E: bad"),
    (Diverged(turn=4, ordinal=2, recorded="a", now="b"), "coder: on going on, call 2 of the turn was recorded as a"),
    (Taken(owner=EVIL, epoch=2), f"resumed by {TAME}"),
    (Interrupted(by="user", reason="enough"), "interrupted by user: enough"),
    (ExternalSignal(name="stop", by="x"), "signal 'stop' from x"),
    (TimeUp(rule="Elapsed(seconds=3.0)", active=3.01), "time is up after 3.0 s: Elapsed(seconds=3.0)"),
    (RunStarted(run=2, rules={"rule": "max_turns", "turns": 3}, budget={}, policy=1), "run 2 begins"),
    (Warned(reason="nearly", values={}), "warning: nearly"),
    (Paused(pause="p", call=5, question="Sure?", answer_schema={}, to="user"), "a question to user: Sure?"),
    (Answered(pause="p", value=True, by="user"), "user answered: true"),
    (Answered(pause="p", value={"yes": True}, by="user"), "user answered: yes"),
    (Answered(pause="p", value={"yes": False, "reason": "why"}, by="user"), "user answered: no: why"),
    (Answered(pause="p", value={"yes": 1}, by="user"), 'user answered: {"yes": 1}'),
    (Compacted(agent="coder", upto=3, call=5), "coder: everything up to event 3 is now a summary"),
    (
        PersonaChanged(
            agent="coder", author="me", reason="better", card={"name": "coder", "kind": "assistant", "model": None}
        ),
        "coder was changed by me: better",
    ),
    (Forked(parent=Position(conversation="p", seq=3), branch="b"), "forked from event 3 of p"),
    (Edited(act="budget", value={}, author="me", reason="typo"), "edited by me (budget): typo"),
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


ASKED = Reply(
    parts=(ToolCallPart(id="c1", name="look", arguments='{"query": "x"}'), TextPart(content="So be it.")),
    finish="tool_calls",
)
LOOK = CallStarted(
    turn=4, agent="coder", ordinal=2, attempt=1, key="k2", digest="d",
    recipe=ToolRecipe(name="look", arguments={"query": f"x\n{EVIL}"}, tool_call_id="c1"),
)  # fmt: skip


def test_a_tool_call_is_one_line_and_its_result_another() -> None:
    asked = CallFinished(call=5, result=ASKED)
    again = LOOK.model_copy(update={"attempt": 2})
    assert shown(asked, LOOK) == "coder: calls look(query='x\\n[bold]x[/] \\x1b[2J\\x1b]52;c;AA\\x07 \\u202e')\n"
    assert shown(asked, again).endswith("(attempt 2)\n")
    for result, told in (
        (ToolResult(ok=True, value=[1, EVIL]), 'coder: look gave [1, "[bold]x[/] \\u001b[2J'),
        (ToolResult(ok=True, value="a\n  b" + "c" * 200), f"coder: look gave a b{'c' * 156}…\n"),
        (ToolResult(ok=True, value="", child="c.1"), "coder: look gave nothing (conversation c.1)\n"),
        (ToolResult(ok=False, value="no such thing"), "coder: look failed: no such thing\n"),
    ):
        assert shown(asked, LOOK, CallFinished(call=7, result=result), width=300).startswith(told)
    late = CallFailed(call=7, error=Problem(type="E", message="late"), retryable=False)
    assert shown(asked, LOOK, late) == "coder: the call of look failed: late\n"
    ask = AskRecipe(question="Sure?", answer_schema={}, to="user")
    asks = CallStarted(turn=4, agent="coder", ordinal=2, attempt=1, key="k", digest="d", recipe=ask)
    assert shown(asks) == ""
    assert shown(asks, CallCancelled(call=6, reason="cancelled")) == "coder: the question was stopped\n"


def test_a_refused_tool_call_is_named_and_a_refused_answer_shown() -> None:
    asked = CallFinished(call=5, result=ASKED)
    told = shown(asked, Refused(turn=4, problems=("not allowed",), tool_call_id="c1"))
    assert told == 'coder: the call of look({"query": "x"}) was refused: not allowed\n'
    told = shown(asked, Refused(turn=4, problems=("no",), from_calls=(6,), by="agent"))
    assert told == "coder: an answer was refused: no\nSo be it.\n"
    by_tool = Reply(parts=(ToolCallPart(id="c1", name="answer", arguments="{}x"),), finish="tool_calls")
    told = shown(CallFinished(call=5, result=by_tool), Refused(turn=4, problems=("no",), from_calls=(6,)))
    assert told == "coder: an answer was refused: no\n{}x\n"


def test_a_conversation_inside_another_says_so() -> None:
    charter = transcript_of()[1].event
    assert isinstance(charter, Opened)
    inner = Transcript()
    opened = charter.model_copy(update={"parent": Position(conversation="outer", seq=9)})
    inner.append(inner.next(opened, at=0.0, active=0.0, cause=0))
    seen = view(inner[1], inner)
    assert printed(seen) == "held for event 9 of outer\n"


def test_usage_in_money_and_by_tier() -> None:
    one = Spent(calls=1, input_tokens=Count(10), output_tokens=Count(2), usd=Money(1_500_000_000))
    two = Spent(calls=2, input_tokens=Count(1), output_tokens=Count(1, False), usd=Money(0, False))
    total = Spent(
        calls=3, tools=1, input_tokens=Count(11), output_tokens=Count(3, False), usd=Money(1_500_000_000, False)
    )
    report = UsageReport(total, {}, {}, {"smart": one, "fast": two}, Spent(), Spent())
    assert usage_line(report) == (
        "3 model calls, 0 programs run, 1 tool called, 11 tokens in, at least 3 out, at least $1.50 "
        "(fast 2 calls; smart 1 call, $1.50)"
    )
    child = Spent(calls=4, child_tokens=Count(1234), usd=Money(20_000_000))
    told = usage_line(report._replace(by_tier={"smart": one}, delegated=child))
    assert told.endswith("at least $1.50 (of which delegated: 4 model calls, 1,234 tokens, $0.02)")
    silent = Spent(calls=1, child_tokens=Count(0, False), usd=Money(0, False))
    told = usage_line(UsageReport(silent, {}, {}, {}, silent, Spent()))
    assert told == "1 model call, 0 programs run, unknown tokens (of which delegated: 1 model call, unknown tokens)"
    forked = usage_line(report._replace(by_tier={"smart": one}, inherited=Spent(calls=1, programs=2)))
    assert forked.endswith("at least $1.50 (of which before the fork: 1 model call, 2 programs)")


def test_lines_say_what_was_called_and_what_came_back() -> None:
    asked, finished = CallFinished(call=5, result=ASKED), CallFinished(call=7, result=ToolResult(ok=False, value="no"))
    ask = AskRecipe(question="Sure?", answer_schema={}, to="user")
    asks = CallStarted(turn=4, agent="coder", ordinal=3, attempt=1, key="k", digest="d", recipe=ask)
    said = Said(sender="coder", turn=4, body=Direction(next="runner", instruction="go"))
    handed = Said(sender="coder", turn=4, body=Handoff(to="runner", reason="tired"))
    typed = started("model").model_copy(update={"recipe": ModelRecipe(model="m", output="native")})
    transcript = transcript_of(asked, LOOK, finished, asks, said, handed, typed)
    told = [event_line(entry, transcript).plain.split(maxsplit=4)[4] for entry in list(transcript)[5:]]
    assert told == [
        'of call 5: So be it. look({"query": "x"})',
        "coder, tool call 2, attempt 1: look(query='x\\n[bold]x[/] \\x1b[2J\\x1b]52;c;AA\\x07 \\u202e')",
        "of call 7: failed: no",
        "coder, ask call 3, attempt 1: user: Sure?",
        "coder: → runner go",
        "coder: → runner tired",
        "coder, model call 1, attempt 1: m, typed by native",
    ]


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
