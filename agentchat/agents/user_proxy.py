"""An agent that stands in for a person: it runs the code it is shown, or puts what it is shown to the person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel

from agentchat.agents.base import BaseAgent
from agentchat.agents.blocks import Block, blocks_in
from agentchat.agents.code_policy import code_policy
from agentchat.errors import ConfigurationError
from agentchat.policy.charter import AgentCard, charter_of
from agentchat.policy.naming import words
from agentchat.seams import Approval, CodeAnswer, CodeAnswers, Limits, Sandbox, Says, Turn
from agentchat.transcript.messages import Code, Text


class UserProxy(BaseAgent):
    """Runs the code of the message it is given, and says what came of it; or speaks for a person.

    human: "never" (the default) runs code without asking; "approve" asks a person before each program; "always" runs
    nothing: the person answers each message.

    sandbox: "auto" (bubblewrap where it works, else pydantic-monty), a sandbox by name, or a `Sandbox`. Nothing runs
    outside a sandbox unless that is written out: sandbox="unsafe-host". senders: the names whose code is run; None
    stands for the assistants of the team. limits: what one program may use.

    Only the message of the turn is looked at, never older ones. Its blocks run in order, each by itself in an empty
    folder, up to the first that fails. With nothing to run it says so.
    """

    @words(
        human_input_mode='human="never", "approve" or "always"',
        code_execution_config="sandbox=",
        code_executor="sandbox=",
        approval_func='human="approve"',
        input_func='human="always", with answer= of the Conversation',
        is_termination_msg="until=Says(...) of the Conversation",
        max_consecutive_auto_reply="until=MaxTurns(...) of the Conversation",
    )
    def __init__(
        self,
        name: str,
        *,
        sandbox: Sandbox | str = "auto",
        senders: Sequence[str] | None = None,
        limits: Limits | None = None,
        human: Literal["never", "approve", "always"] = "never",
        description: str | None = None,
    ) -> None:
        super().__init__(name, description=description)
        if human not in ("never", "approve", "always"):
            raise ConfigurationError(f"human of {name} is 'never', 'approve' or 'always', not {human!r}")
        self.human = human
        if human == "always":
            self.sandbox = None
            self.senders, self.limits = None, Limits()
            return
        self.sandbox = sandbox
        self.senders = None if senders is None else (senders,) if isinstance(senders, str) else tuple(senders)
        self.limits = Limits() if limits is None else limits
        if not isinstance(self.limits, Limits):
            raise ConfigurationError(f"limits of {name} is {limits!r}; it must be Limits(seconds=..., memory=..., ...)")
        for key, most in self.limits._asdict().items():
            if not isinstance(most, int | float):
                raise ConfigurationError(f"limits of {name}: {key} must be a number, not {most!r}")

    def card(self) -> AgentCard:
        """The agent as the charter records it."""
        policy = None if self.sandbox is None else code_policy(self.sandbox, self.limits, self.senders)
        human = None if self.human == "never" else self.human
        return AgentCard(
            name=self.name,
            # a subclass with its own `respond` is run again only by a program that has it
            kind="user-proxy" if type(self).respond is UserProxy.respond else "function",
            description=self.description,
            code=policy,
            human=human,
        )

    async def respond(self, turn: Turn) -> Says:
        """Run the code of the turn's message, block by block."""
        subject = turn.subject
        if self.human == "always":
            said = await turn.ask(f"{subject.sender}: {subject.text}", str)
            return str(said.value) or None
        if subject.sender not in self._allowed(turn):
            return f"I run no code from {subject.sender}."
        blocks = _programs(subject.body)
        if not blocks:
            return f"There is no code to run in the last message of {subject.sender}: no fenced block was found."
        answers: list[CodeAnswer] = []
        for block in blocks:
            source, instead = block.source, None
            if self.human == "approve":
                asked = await turn.ask(f"May this run?\n```{block.language}\n{source}```", Approval)
                if not asked.value.yes:
                    return f"{asked.by} did not allow this to run: {asked.value.reason or 'no reason was given'}"
                instead = asked.value.instead
            source = source if instead is None else instead
            answers.append(await turn.code(source, block.language, changed=instead is not None))
            if not answers[-1].run.ok:
                break
        return CodeAnswers(tuple(answers), skipped=len(blocks) - len(answers))

    def _allowed(self, turn: Turn) -> tuple[str, ...]:
        if self.senders is not None:
            return self.senders
        agents = charter_of(turn.transcript).agents
        return tuple(card.name for card in agents if card.kind in ("assistant", "function"))

    def __repr__(self) -> str:
        return f"UserProxy({self.name!r}, sandbox={self.sandbox!r})"


def _programs(body: BaseModel) -> list[Block]:
    if isinstance(body, Code):
        return [Block(body.language, body.source)]
    return blocks_in(body.text) if isinstance(body, Text) else []
