"""One agent on the bus: takes turns, lets the agent act, and hands back what it offers."""

from __future__ import annotations

from pydantic import ValidationError

from agentchat.errors import AnswerRefused, CallUnsettled, ConcurrentCalls, StoreError
from agentchat.policy.told import findings
from agentchat.runtime.desk import Desk
from agentchat.runtime.problems import problem_of
from agentchat.runtime.saying import said_of
from agentchat.runtime.turn import LiveTurn
from agentchat.seams import Agent, Parcel, Sandbox, Says, TypedAnswer
from agentchat.transcript.events import Event, Said, TurnFailed, TurnGiven
from agentchat.transcript.messages import Data, unwrap


class Host:
    """The host of one agent in one conversation."""

    turn_class: type[LiveTurn] = LiveTurn

    def __init__(self, desk: Desk, agent: Agent, sandbox: Sandbox | None) -> None:
        self._desk = desk
        self._agent = agent
        self._sandbox = sandbox

    async def take(self, parcel: Parcel) -> Event:
        """Let the agent answer, and give back what it offers: a message, nothing, or its failure by name.

        A store that failed, and a call that only a person can settle, are no failures of the agent: they go up.
        """
        seq, given = parcel.entry.seq, parcel.entry.event
        assert isinstance(given, TurnGiven)
        try:
            turn = self.turn_class(self._desk, self._agent, self._sandbox, seq, given)
            self._check(given.subject)
            says = await self._agent.respond(turn)
            if turn.busy:
                raise ConcurrentCalls(f"agent {self._agent.name} returned while a call of its turn was under way")
            offer = said_of(self._desk.transcript, self._agent.name, seq, says)
            self._check_said(turn, offer, says)
            return offer
        except (StoreError, CallUnsettled):
            raise
        except Exception as error:
            return TurnFailed(turn=seq, error=problem_of(error))

    def _check_said(self, turn: LiveTurn, offer: Event, says: Says) -> None:
        """Validate what a typed message says by its class. Raises AnswerRefused, with the refusal recorded."""
        body = offer.body if isinstance(offer, Said) else None
        if not isinstance(body, Data) or isinstance(says, TypedAnswer) or body.type not in self._agent.types:
            return
        try:
            unwrap(body, self._agent.types)
        except ValidationError as error:
            problems = findings(error)
            turn.refuse(problems, raw=body.value)
            told = "; ".join(problems)
            raise AnswerRefused(f"agent {self._agent.name} said a {body.type} that is none: {told}", problems) from None

    def _check(self, subject: int) -> None:
        """Validate a typed message once more before it is delivered. Raises pydantic's ValidationError."""
        said = self._desk.transcript[subject].event
        if isinstance(said, Said) and (said.type is not None or isinstance(said.body, Data)):
            unwrap(self._desk.transcript.body_of(said), self._agent.types)
