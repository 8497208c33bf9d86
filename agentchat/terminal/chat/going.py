"""Commands that change where the conversation goes: back, beside, on with other limits, elsewhere, out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from rich.text import Text

from agentchat.errors import ConfigurationError
from agentchat.policy.charter import InDoubt
from agentchat.stores.reading import load
from agentchat.terminal.chat.commands import Command, Desk
from agentchat.terminal.chat.endings import ending
from agentchat.terminal.chat.line import Outgoing
from agentchat.terminal.chat.looking import budget_lines
from agentchat.terminal.chat.menu import Item
from agentchat.terminal.chat.own import typed
from agentchat.terminal.chat.past import items_of, kept_in, titled
from agentchat.terminal.chat.turns import OwnTurn, own_turns
from agentchat.terminal.sanitize import sanitize_line

CAPS: Final = {"max-turns": int, "calls": int, "tokens": int, "usd": float, "seconds": float}
SHORT: Final = 70


async def rewind(desk: Desk, rest: str) -> None:
    """Choose one of your turns: a branch goes on from there, with its text in the editor."""
    turns = _turns(desk)
    items: list[Item[object]] = [Item(_short(turn.text), f"event {turn.seq}", turn) for turn in turns]
    chosen = await desk.pick("Go back to", items, last=True)
    if isinstance(chosen, OwnTurn):
        _back(desk, chosen)
        desk.put(typed(chosen.text))


async def undo(desk: Desk, rest: str) -> None:
    """As if the last message had not been said."""
    _back(desk, _turns(desk)[-1])


async def retry(desk: Desk, rest: str) -> None:
    """Say the last message again, as a branch."""
    last = _turns(desk)[-1]
    _back(desk, last)
    desk.driver.send(Outgoing(last.text, last.to))


async def edit(desk: Desk, rest: str) -> None:
    """The last message back in the editor, to be said otherwise."""
    last = _turns(desk)[-1]
    _back(desk, last)
    desk.put(rest or typed(last.text))


async def fork(desk: Desk, rest: str) -> None:
    """A branch from here: the next message goes there."""
    transcript = desk.line.transcript
    if transcript is None:
        raise ConfigurationError("nothing was said yet")
    desk.line.branch(len(transcript), name=rest or None)
    desk.tell(Text(f"⑂ the next message begins a branch{f' {rest!r}' if rest else ''}", style="dim"), Text(""))


def _back(desk: Desk, turn: OwnTurn) -> None:
    kept = desk.line.place
    desk.line.branch(turn.before)
    told = f"⑂ back to before “{_short(turn.text)}”; what followed stays in {kept}"
    desk.tell(Text(sanitize_line(told), style="yellow"), Text(""))


def _turns(desk: Desk) -> list[OwnTurn]:
    if desk.driver.busy:
        raise ConfigurationError("somebody has the turn; stop it first (Esc)")
    transcript = desk.line.transcript
    turns = [] if transcript is None else own_turns(transcript)
    turns = [turn for turn in turns if turn.seq <= desk.line.upto]
    if not turns:
        raise ConfigurationError("you have said nothing yet that one could go back to")
    return turns


async def budget(desk: Desk, rest: str) -> None:
    """The limits, or other ones for the runs to come; a run that came to a limit goes on."""
    if not rest:
        desk.tell(*budget_lines(desk), Text(""))
        return
    words = rest.replace("=", " ").replace("--", "").split()
    if len(words) != 2 or words[0] not in CAPS:
        raise ConfigurationError(f"/budget NAME VALUE, with a NAME of {', '.join(CAPS)}")
    name, value = words
    try:
        desk.line.limit(**{name.replace("-", "_"): CAPS[name](value)})
    except ValueError:
        raise ConfigurationError(f"{value!r} is no number") from None
    desk.tell(Text(f"from the next run on: {name} {value}", style="dim"))
    transcript = desk.line.transcript
    if not desk.driver.busy and transcript is not None and ending(transcript, desk.line.place):
        desk.driver.start(desk.line.go_on)


async def go(desk: Desk, rest: str) -> None:
    """Go on with a run that was stopped, cut off, or came to a limit."""
    doubts: dict[str, InDoubt | None] = {"": None, "retry": "retry", "fail": "fail"}
    if rest not in doubts:
        raise ConfigurationError("/go, or /go retry, or /go fail: what to do about a call whose result was lost")
    desk.driver.start(lambda: desk.line.go_on(doubts[rest]))


async def model(desk: Desk, rest: str) -> None:
    """The models, or another one for everybody from the next message on."""
    if not rest:
        for card in desk.line.chat.charter.agents:
            if card.model is not None:
                desk.tell(Text(f"{sanitize_line(card.name)}  ", style="bold").append(sanitize_line(card.model.name)))
        desk.tell(Text("/model NAME, a tier, or NAME@URL takes its place for everybody", style="dim"), Text(""))
        return
    desk.line.use_model(rest)
    desk.tell(Text(f"from the next message on: {sanitize_line(rest)}", style="dim"), Text(""))


async def resume(desk: Desk, rest: str) -> None:
    """Another conversation: by its id, or chosen from a list."""
    if desk.driver.busy:
        raise ConfigurationError("somebody has the turn; stop it first (Esc)")
    chosen: object = rest
    if not rest:
        kept = await kept_in(desk.line.store)
        if not kept.rows:
            raise ConfigurationError("there is no conversation to go on with yet")
        chosen = await desk.pick(titled("Go on with", kept), items_of(kept.rows, time.time()))
    if isinstance(chosen, str):
        desk.line.take_up(await load(desk.line.store, await _known(desk, chosen)))
        desk.show_past()


async def _known(desk: Desk, word: str) -> str:
    ids = [head.conversation for head in await desk.line.store.heads()]
    found: Sequence[str] = [word] if word in ids else [one for one in ids if one.startswith(word)]
    if len(found) != 1:
        raise ConfigurationError(f"{len(found) or 'no'} conversations begin with {word!r}; /resume lists them")
    return found[0]


async def clear(desk: Desk, rest: str) -> None:
    """A new conversation on an empty screen; the old one is kept."""
    if desk.driver.busy:
        raise ConfigurationError("somebody has the turn; stop it first (Esc)")
    desk.line.leave()
    desk.clear()


async def quit_(desk: Desk, rest: str) -> None:
    """Out."""
    desk.quit()


def _short(text: str) -> str:
    line = sanitize_line(text)
    return line if len(line) <= SHORT else f"{line[: SHORT - 1]}…"


GOING: Final = (
    Command("model", "show the models, or take another", model, False, "[NAME]"),
    Command("budget", "the limits, and other ones", budget, False, "[NAME VALUE]", tuple(CAPS)),
    Command("go", "go on with what was stopped or cut off", go, False, "[retry|fail]", ("retry", "fail")),
    Command("rewind", "go back to one of your turns (Esc Esc)", rewind),
    Command("undo", "take the last message and its answer back", undo),
    Command("retry", "say the last message again", retry),
    Command("edit", "say the last message otherwise", edit),
    Command("fork", "let the next message begin a branch", fork, False, "[NAME]"),
    Command("resume", "go on with another conversation", resume, False, "[ID]"),
    Command("clear", "begin a new conversation", clear),
    Command("quit", "leave; everything is kept", quit_, True),
)
