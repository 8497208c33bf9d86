"""From the words of `agentchat chat` to a session: the team, the place, what to go on with, the terminal."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import anyio
import platformdirs
import typer
from rich.text import Text

from agentchat.cli.choices import NO_MODEL, check_keys, command_models
from agentchat.cli.places import Place, find, new_place
from agentchat.cli.teaming import chosen_team
from agentchat.conversation import Conversation, new_id
from agentchat.errors import ConfigurationError, NoSuchConversation
from agentchat.models.local import LOCAL, NAME
from agentchat.policy.charter import agreed_in
from agentchat.policy.rules import Mentions, Rule
from agentchat.teams import Bounds, Team, rebuild
from agentchat.terminal.chat.line import Line
from agentchat.terminal.chat.past import latest_in
from agentchat.terminal.chat.plain import PlainChat
from agentchat.terminal.chat.session import Session
from agentchat.terminal.sanitize import sanitize_line
from agentchat.transcript.transcript import Transcript

USUAL: Final = ("assistant",)
"""Who answers where nobody is named."""
FIRST_START: Final = """no model is set yet. Do one of these, and start again:
  agentchat models pull                                 a small model on this machine; then: agentchat chat -m local
  export OPENAI_API_KEY=...                             OpenAI's own service
  export AGENTCHAT_MODEL=NAME@http://HOST:PORT/v1       any compatible server
  agentchat demo                                        needs no model; it shows how all of it works"""
NOTHING: Final = "There is no code to run"
"""What a code runner says to a message without a program: then it is the person's turn."""


class Wanted(NamedTuple):
    """What was asked for on the command line."""

    words: tuple[str, ...]
    model: str | None
    last: bool
    resume: str | None
    bounds: Bounds
    save: Path | None
    id: str | None
    plain: bool
    trust: bool
    unsafe_host: bool
    store: Path | None


def hold(wanted: Wanted) -> int:
    """Hold the chat; the exit code."""
    if wanted.last and wanted.resume is not None:
        raise ConfigurationError("-c and --resume both say what to go on with; give one of them")
    place = new_place(new_id() if wanted.id is None else wanted.id, save=wanted.save, store=wanted.store)
    found = _gone_on_with(wanted, place)
    maker = TeamMaker(wanted, place if found is None else found[0])
    line = Line(maker, maker.place.store, id=place.id)
    if found is not None and uses_local(found[1]):
        command_models(LOCAL)  # a conversation with the local model finds it where it was
    if found is not None:
        other = "another team or model was named on the command line" if wanted.words or wanted.model else None
        line.take_up(found[1], other=other)
    elif wanted.resume is None:
        _check_model(line)
        anyio.run(_look_at, place)
    words = partial(_words, store=wanted.store)
    if wanted.resume == "" and not sys.stdin.isatty():
        raise ConfigurationError("nobody is there to choose: name one after --resume; agentchat ls lists them")
    if wanted.plain or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return anyio.run(PlainChat(line, sys.stdin, sys.stdout, words=words, choose=wanted.resume == "").live)
    session = Session(
        line,
        sys.stdout,
        words=words,
        history=_history(),
        greeting=_greeting(line),
        choose=wanted.resume == "",
    )
    anyio.run(session.live)
    _farewell(line, wanted.store)
    return 0


async def _look_at(place: Place) -> None:
    """Find out now, and not with the first message, that nothing can be kept there. Raises what `Log.read` raises."""
    with suppress(NoSuchConversation):
        await place.store.read(place.id)


def _check_model(line: Line) -> None:
    """Raise ConfigurationError with what a first start needs where no model is set."""
    try:
        check_keys(line.chat.terms.agents)
    except ConfigurationError as error:
        raise ConfigurationError(FIRST_START if str(error) == NO_MODEL else str(error)) from None


def uses_local(transcript: Transcript) -> bool:
    """Whether somebody in the conversation is on the small local model."""
    cards = agreed_in(transcript).cards.values()
    return any(one.name.startswith(f"{NAME}@") for card in cards for one in card.models())


class TeamMaker:
    """Makes the team that was named, or the recorded one again where none was."""

    def __init__(self, wanted: Wanted, place: Place) -> None:
        self._wanted = wanted
        self.place = place

    def __call__(self, bounds: Bounds, *, model: str | None, transcript: Transcript | None) -> Conversation:
        """With these limits, which come before those of the command line."""
        wanted = self._wanted
        given = {name: value for name, value in bounds._asdict().items() if value is not None}
        limits = wanted.bounds._replace(**given)
        if transcript is not None and not (wanted.words or wanted.model or model):
            return rebuild(
                transcript,
                store=self.place.store,
                unsafe_host=wanted.unsafe_host,
                trust=wanted.trust,
                bounds=limits,
            )
        models = command_models(model or wanted.model)
        names = wanted.words or _recorded(transcript) or USUAL
        hint = ". What you want to say is typed when the chat has begun"
        team = chosen_team(names, models, trust=wanted.trust, unsafe_host=wanted.unsafe_host, hint=hint)
        return for_chat(team).conversation(store=self.place.store, bounds=limits)


def for_chat(team: Team) -> Team:
    """The team with the rule that the person's turn comes when there is nothing to run."""
    if team.source is not None:
        return team
    runners: list[Rule] = [Mentions(text=NOTHING, by=one.name) for one in team.agents if one.card().code is not None]
    until = team.until
    for rule in runners if len(team.agents) > 1 else []:
        until = rule if until is None else until | rule
    return team._replace(until=until)


def _recorded(transcript: Transcript | None) -> tuple[str, ...]:
    """The names of a recorded team, to be made again by name on another model."""
    return () if transcript is None else tuple(agreed_in(transcript).names)


def _gone_on_with(wanted: Wanted, place: Place) -> tuple[Place, Transcript] | None:
    """The conversation to go on with, if one was asked for."""
    if wanted.resume:
        return find(wanted.resume, wanted.store)
    if not wanted.last:
        return None
    latest = anyio.run(latest_in, place.store)
    if latest is None:
        raise ConfigurationError("there is no conversation to go on with yet; start one with: agentchat chat")
    return find(latest, wanted.store)


def _words(line: Line, store: Path | None) -> Sequence[str]:
    """How one of our commands is told which conversation is meant."""
    if line.file is not None:
        return [str(line.file)]
    return [line.place, *(["--store", str(store)] if store is not None else [])]


def _history() -> Path:
    return Path(platformdirs.user_state_dir("agentchat", appauthor=False)) / "chat_history"


def _greeting(line: Line) -> list[Text]:
    if line.transcript is not None or not line.names:
        return []
    names = ", ".join(line.names)
    told = Text("agentchat", style="bold").append(f"  with {sanitize_line(names)}", style="not bold")
    return [told.append("  ·  /help, Esc stops, Ctrl-D leaves", style="not bold dim"), Text("")]


def _farewell(line: Line, store: Path | None) -> None:
    """How to come back."""
    if line.id is not None:
        words = " ".join(shlex.quote(word) for word in _words(line, store))
        typer.echo(sanitize_line(f"Go on with:  agentchat chat --resume {words}"), err=True)
