"""The conversation behind the chat: opened with the first message, reopened with each that follows, forked to go back.

A thin layer over `Conversation`: what is said here, a script can say as well. It holds which conversation is the
current one, and the limits that the next run gets; everything else is in the transcript.
"""

from __future__ import annotations

from collections.abc import Awaitable
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from agentchat.conversation import Conversation, new_id
from agentchat.errors import AgentChatError, ConfigurationError
from agentchat.policy.charter import AgentCard, InDoubt
from agentchat.policy.rules import From, MaxTurns, Rule, read_rule
from agentchat.policy.state import state_of
from agentchat.run import Run
from agentchat.seams import Store
from agentchat.stores.jsonl import JsonlStore
from agentchat.teams import Bounds
from agentchat.terminal.chat.turns import own_turns
from agentchat.transcript.calls import ToolResult
from agentchat.transcript.events import CallFinished, RunStarted, Said
from agentchat.transcript.messages import Body, CodeResult, Text
from agentchat.transcript.transcript import Transcript


class Maker(Protocol):
    """Makes the conversation of the team that was named, or of the one that is recorded in a transcript."""

    def __call__(self, bounds: Bounds, *, model: str | None, transcript: Transcript | None) -> Conversation:
        """With these limits, and this model for everybody. Raises ConfigurationError where that makes no sense."""
        ...


class Fork(NamedTuple):
    """Where the next message begins a branch."""

    at: int
    name: str | None


TURNS: Final = 20
"""Turns of a run that is meant for one agent, at most."""


class Outgoing(NamedTuple):
    """Something to say. to: to one agent alone."""

    text: str
    to: str | None = None


class Line:
    """One chat's conversation. `id` is None until the first message; `transcript` is what is known of it."""

    def __init__(self, make: Maker, store: Store, *, id: str | None = None) -> None:
        self._make = make
        self.store = store
        self.bounds = Bounds()
        self.transcript: Transcript | None = None
        self._chat: Conversation | None = None
        self.id: str | None = None
        self._first = id or new_id()
        self._model: str | None = None
        self._override: str | None = None
        self._fork: Fork | None = None

    @property
    def chat(self) -> Conversation:
        """The team as a conversation, made when it is first needed. Raises ConfigurationError where it cannot be."""
        if self._chat is None:
            self._chat = self._made(self.bounds, self.transcript)
        return self._chat

    @property
    def cards(self) -> tuple[AgentCard, ...]:
        """Who takes part; nobody as long as nobody was chosen."""
        return () if self._chat is None else self._chat.charter.agents

    def take_up(self, transcript: Transcript, *, store: Store | None = None, other: str | None = None) -> None:
        """Go on with a conversation that is there. other: why another team may do so.

        Raises ConfigurationError for a team that cannot be made again.
        """
        self._chat = self._made(self.bounds, transcript)
        self.transcript, self.id = transcript, transcript.conversation
        self.store = self.store if store is None else store
        self._override, self._fork = other, None

    def leave(self) -> None:
        """Begin a new conversation with the next message. Raises ConfigurationError where a file holds the one."""
        if self.file is not None:
            raise ConfigurationError(f"{self.file} holds one conversation; start another chat for another one")
        self.id, self.transcript, self._fork, self._override = None, None, None, None
        self._first = new_id()
        self._chat = self._made(self.bounds, None)

    def _made(self, bounds: Bounds, transcript: Transcript | None) -> Conversation:
        chat = self._make(bounds, model=self._model, transcript=transcript)
        usual = None if transcript is None else usual_rule(transcript)
        if usual is not None:
            chat.terms = chat.terms._replace(until=bounds.rule(read_rule(usual.rules)))
        return chat

    @property
    def file(self) -> Path | None:
        """The transcript file, where the conversation lies in one of its own."""
        return self.store.path if isinstance(self.store, JsonlStore) else None

    @property
    def place(self) -> str:
        """How the conversation is named on a command line."""
        return str(self.file) if self.file is not None else self.id or self._first

    @property
    def names(self) -> tuple[str, ...]:
        """The agents."""
        return tuple(card.name for card in self.cards)

    @property
    def upto(self) -> int:
        """The last entry that the next message goes on from."""
        return 0 if self.transcript is None else len(self.transcript) if self._fork is None else self._fork.at

    def limit(self, **caps: float | int) -> None:
        """Other limits for the runs to come. Raises ConfigurationError for those that make no sense."""
        bounds = self.bounds._replace(**caps)  # type: ignore[arg-type]  # the caller names only what is there
        self._chat = self._made(bounds, self.transcript)
        self.bounds = bounds

    def use_model(self, name: str) -> None:
        """Another model for everybody, from the next run on. Raises ConfigurationError for what is none."""
        before, self._model = self._model, name
        try:
            self._chat = self._made(self.bounds, self.transcript)
        except AgentChatError:
            self._model = before
            raise
        self._override = f"the model is {name} from here on"

    def branch(self, at: int, *, name: str | None = None) -> None:
        """Let the next message begin a branch behind entry `at`."""
        self._fork = Fork(max(at, 1), name)

    # runs

    def say(self, out: Outgoing) -> Run | Awaitable[Run]:
        """The run that answers a message."""
        if self.id is None:
            return self._run(Text.of(out.text), out.to, fresh=True)
        if self._fork is not None:
            return self._branched(self._fork, out)
        return self._run(Text.of(out.text), out.to)

    async def _branched(self, fork: Fork, out: Outgoing) -> Run:
        """The run of a branch that begins with a message. The branch of a file is a file beside it."""
        begun = await self.chat.branch(self._source, at=fork.at, anew=True, name=fork.name)
        self.store = begun.store
        return self._run(Text.of(out.text), out.to, id=begun.id)

    def go_on(self, in_doubt: InDoubt | None = None) -> Run:
        """The run that goes on where the last one stopped."""
        if self.id is None:
            raise ConfigurationError("there is nothing to go on with yet; say something")
        doubt = self.chat.charter.in_doubt if in_doubt is None else in_doubt
        terms = self.chat.terms
        return Run(terms, self.store, self.id, None, resume=True, in_doubt=doubt, override=self._override)

    def entered(self, run: Run) -> int:
        """A run is open: its transcript is the current one. How far it was seen before."""
        forks = run.transcript.forks
        seen = len(self.transcript) if self.transcript is not None and self.id == run.id else 0
        if self.id != run.id and forks:
            seen = forks[-1].parent.seq  # what stands before was shown as the parent
        self.id, self.transcript = run.id, run.transcript
        self._fork = self._override = None
        return seen

    @property
    def _source(self) -> str | Path:
        assert self.id is not None
        return self.file if self.file is not None else self.id

    def _run(self, body: Body, to: str | None, *, fresh: bool = False, id: str | None = None) -> Run:
        terms = self.chat.terms
        if to is not None and len(self.names) > 1:
            terms = terms._replace(until=self._answered(to, terms.until))
        doubt, override = self.chat.charter.in_doubt, self._override
        id = self._first if fresh else id or self.id
        return Run(terms, self.store, id, body, resume=not fresh, in_doubt=doubt, override=override, to=to)

    def _answered(self, to: str, usual: Rule) -> Rule:
        """A message to one is answered by that one; then it is the person's turn again."""
        most = next((leaf.turns for leaf in usual.leaves() if isinstance(leaf, MaxTurns)), TURNS)
        return From(to) | MaxTurns(most)


def collapsed_in(transcript: Transcript) -> int | None:
    """The last result that is shown on one line: of a tool, or of programs."""
    for entry in reversed(transcript.since(0)):
        event = entry.event
        if isinstance(event, CallFinished) and isinstance(event.result, ToolResult):
            return entry.seq
        if isinstance(event, Said) and event.turn is not None and isinstance(transcript.body(entry.seq), CodeResult):
            return entry.seq
    return None


def usual_rule(transcript: Transcript) -> RunStarted | None:
    """The beginning of the last run that was meant for everybody: the rule of one for a single agent is another."""
    for turn in reversed(own_turns(transcript)):
        if turn.to is None and turn.run is not None:
            return turn.run
    return None


def is_live(transcript: Transcript) -> bool:
    """Whether its last run was cut off."""
    return state_of(transcript).board.live
