"""A question to the person: exactly what is asked for, what would happen, and what can be answered. Pure.

Everything is shown as it would run, with characters that cannot be seen made visible; a digest tells two look-alikes
apart.
"""

from __future__ import annotations

import hashlib
import json
from typing import Final, Literal, NamedTuple

from pydantic import JsonValue
from rich.console import RenderableType
from rich.text import Text

from agentchat.agents.blocks import blocks_in
from agentchat.policy.asked import Wanted, wanted_by
from agentchat.policy.charter import AgentCard, agreed_in
from agentchat.terminal.highlight import blocks, coloured, verbatim
from agentchat.terminal.sanitize import sanitize, sanitize_line
from agentchat.transcript.calls import AskRecipe, Reply
from agentchat.transcript.events import CallFinished, CallStarted, Paused
from agentchat.transcript.transcript import Transcript

ANSWERS: Final = "y once · a always, exactly this · e edit · n REASON · ? explain · Enter: no"
SUFFIXES: Final = {"json": ".json", "bash": ".sh", "sh": ".sh"}
"""Of the file that an editor gets; .py for all others."""
ALWAYS: Final = "always: exactly this was allowed before in this session"
_UNSEEN: Final = {
    code: f"⟨U+{code:04X}⟩"
    for code in (0xA0, 0xAD, 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x3164, 0xFFA0, *range(0x2000, 0x2010),
                 *range(0x2028, 0x2030), *range(0x205F, 0x2070), *range(0xFE00, 0xFE10))
}  # fmt: skip
"""Spaces that are none, joiners, fillers: a name may differ from another by nothing that can be seen."""


class Asking(NamedTuple):
    """A question. rows: as it is shown. digest: of exactly what is asked for, None where it is no approval.

    source: the program or the arguments, which can be edited; language: of the program, or "json". changed: whether
    they are the person's own by now.
    """

    pause: str
    kind: Wanted
    agent: str
    rows: tuple[RenderableType, ...]
    digest: str | None = None
    source: str = ""
    language: str = ""
    changed: bool = False

    @property
    def prompt(self) -> str:
        """What stands before the answer."""
        return {"approval": "allow? [y/a/e/N/?]", "yes": "[y/N]", "text": "answer", "json": "answer (JSON)"}[self.kind]


def asking(paused: Paused, transcript: Transcript, folder: str) -> Asking:
    """The question as it is put. folder: the one that this process works in."""
    started = transcript[paused.call].event
    agent = started.agent if isinstance(started, CallStarted) else "someone"
    kind = wanted_by(paused.answer_schema)
    if kind != "approval":
        return Asking(paused.pause, kind, agent, (_head(f"{agent} asks"), *blocks(paused.question)))
    recipe = started.recipe if isinstance(started, CallStarted) else None
    wanted = isinstance(recipe, AskRecipe) and recipe.tool_call_id is not None
    tool = _tool_call(transcript, paused.call, recipe) if isinstance(recipe, AskRecipe) and wanted else None
    if tool is not None:
        return _tool(paused, agent, *tool, folder)
    programs = blocks_in(paused.question)
    card = agreed_in(transcript).cards.get(agent)
    if len(programs) == 1 and card is not None and card.code is not None:
        return _program(paused, card, programs[0].source, programs[0].language)
    key = digest_of(agent, paused.question)
    return Asking(paused.pause, kind, agent, (_head(f"{agent} asks"), *blocks(paused.question)), key)


def revealed(text: str) -> str:
    """The text with everything in it to be seen."""
    return sanitize(text).translate(_UNSEEN)


def digest_of(*parts: str) -> str:
    """A digest of exactly this."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _head(told: str) -> Text:
    return Text(f"● {sanitize_line(told)}", style="bold yellow")


def _tool_call(transcript: Transcript, before: int, recipe: AskRecipe) -> tuple[str, str] | None:
    """Name and arguments, as the model wrote them, of the call that is to be approved."""
    for seq in range(before - 1, 0, -1):
        event = transcript[seq].event
        if isinstance(event, CallFinished) and isinstance(event.result, Reply):
            for part in event.result.tool_calls:
                if part.id == recipe.tool_call_id:
                    return part.name, part.arguments
    return None


def _tool(paused: Paused, agent: str, name: str, arguments: str, folder: str) -> Asking:
    try:
        shown = json.dumps(json.loads(arguments), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        shown = arguments
    key = digest_of(agent, name, shown)
    fine = _fine(f"sha256 {key[:12]} · the tool runs on this machine with your rights, in {folder}")
    rows = (_head(f"{agent} wants to call {name}"), coloured(revealed(shown), "json"), fine)
    return Asking(paused.pause, "approval", agent, rows, key, shown, "json")


def _program(paused: Paused, card: AgentCard, source: str, language: str) -> Asking:
    policy = card.code
    assert policy is not None
    where = f"{policy.sandbox}{'' if policy.isolated else ', NOT ISOLATED: it can do what you can'}"
    key = digest_of(card.name, language.lower(), source, policy.sandbox)
    network = "no network" if policy.isolated else "with network"
    most = f"{policy.seconds:g} s, {policy.memory / 1024**3:g} GiB, {policy.processes} processes"
    rows = (
        _head(f"{card.name} wants to run this {language or 'program'}"),
        coloured(revealed(source.rstrip("\n")), language.lower()),
        _fine(f"sha256 {key[:12]} · sandbox {where} · {network} · {most} · in an empty folder of its own"),
    )
    return Asking(paused.pause, "approval", card.name, rows, key, source, language or "python")


def _fine(told: str) -> Text:
    return Text(sanitize_line(told), style="dim")


class Answered(NamedTuple):
    """What was meant: a value to hand in, or something to do first. always: to be given again for exactly this."""

    value: JsonValue = None
    act: Literal["give", "edit", "explain", "again"] = "give"
    always: bool = False
    problem: str = ""


def answer(line: str, kind: Wanted) -> Answered:
    """What a typed answer means. Only a plain yes is one."""
    bare = line.strip()
    word, _, rest = bare.partition(" ")
    word = word.lower()
    if kind == "text":
        return Answered(line)
    if kind == "json":
        return _json(bare)
    yes = word in ("y", "yes") and not rest
    if kind == "yes":
        known = yes or word in ("", "n", "no")
        return Answered(yes) if known else Answered(act="again", problem="type y or n")
    if yes or (word in ("a", "always") and not rest):
        return Answered({"yes": True}, always=word[0] == "a")
    if word in ("e", "edit", "?") and not rest:
        return Answered(act="explain" if word == "?" else "edit")
    if word in ("", "n", "no"):
        return Answered({"yes": False, "reason": rest.strip() or None})
    return Answered(act="again", problem="type y, a, e, n (with a reason behind it) or ?")


def _json(text: str) -> Answered:
    try:
        value: JsonValue = json.loads(text or "null")
    except (ValueError, RecursionError) as error:
        return Answered(act="again", problem=f"this is no JSON: {error}")
    return Answered(value)


class Always:
    """What a person allowed for good in a session: exactly that, by its digest."""

    def __init__(self) -> None:
        self._digests: set[str] = set()

    def covers(self, asked: Asking) -> bool:
        """Whether exactly this was allowed."""
        return asked.digest in self._digests

    def note(self, asked: Asking, meant: Answered) -> None:
        """An answer was given; what the person changed is allowed this once only."""
        if meant.always and asked.digest is not None and not asked.changed:
            self._digests.add(asked.digest)


def revised(asked: Asking, text: str | None) -> Asking | str:
    """The question with what an editor gave back, or why it stays as it is. None: the editor gave nothing."""
    problem = unreadable(text, asked.language)
    if text is None or text.strip() == asked.source.strip() or problem:
        return f"{problem or 'nothing was changed'}; the question is still open"
    return edited(asked, text)


def unreadable(text: str | None, language: str) -> str:
    """Why edited arguments can be none; empty where they can, and for any program."""
    if text is None or language != "json":
        return ""
    meant = _json(text)
    return meant.problem or ("" if isinstance(meant.value, dict) else "arguments are a JSON object")


def edited(asked: Asking, source: str) -> Asking:
    """The question, with what the person would have done in place of what was asked for."""
    key = digest_of(asked.digest or "", source)
    rows = (_head("as you changed it"), coloured(revealed(source.rstrip("\n")), asked.language.lower()))
    fine = _fine(f"sha256 {key[:12]} · {asked.agent} is told that you changed it · e again: further changes")
    return asked._replace(rows=(*rows, fine), digest=key, source=source, changed=True)


def agreed(asked: Asking, value: JsonValue) -> JsonValue:
    """The answer as it is handed in: a yes to what was changed says what that is."""
    if asked.changed and isinstance(value, dict) and value.get("yes"):
        return {**value, "instead": asked.source}
    return value


def explained(asked: Asking) -> list[Text]:
    """What can be answered, and what each answer does."""
    told = (
        "y        let it run this once",
        "a        let it run now, and whenever exactly this is asked again in this session (by its digest)",
        "e        open it in your editor; what you save is shown here, and a y lets that run in its place",
        "n why    do not; the reason goes to the agent",
        "Enter    no",
        "Esc      stop the turn",
    )
    return [Text(line, style="dim") for line in told] + [
        verbatim(f"digest  sha256:{asked.digest or '-'}", "dim"),
    ]
