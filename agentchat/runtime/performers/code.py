"""A program run in the agent's sandbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from agentchat.policy.charter import charter_of
from agentchat.policy.prompts.rendering import shown_source
from agentchat.runtime.calls import CallKind, Ready
from agentchat.runtime.desk import Desk
from agentchat.runtime.rerun import Attempt
from agentchat.seams import Limits, Sandbox
from agentchat.transcript.calls import CodeRecipe
from agentchat.transcript.chain import digest
from agentchat.transcript.events import CallFailed, CallStarted
from agentchat.transcript.messages import CodeRun


class CodePerformer:
    """Runs one program within the limits of the agent's card."""

    kind: CallKind = "code"

    def __init__(
        self,
        desk: Desk,
        agent: str,
        sandbox: Sandbox,
        source: str,
        language: str,
        *,
        subject: int,
        changed: bool = False,
    ) -> None:
        self._desk = desk
        self._agent = agent
        self._sandbox = sandbox
        self._source = source
        self._language = language.lower()
        self._subject = subject
        self._changed: Literal[True] | None = True if changed else None
        policy = charter_of(desk.transcript).agent(agent).code
        self.isolated = policy is not None and policy.isolated
        self._limits = (
            Limits()
            if policy is None
            else Limits(policy.seconds, policy.memory, policy.processes, policy.output, policy.files)
        )

    def prepare(self, share: int = 1) -> Ready:
        """The program, as a slice of the message it came from where it stands there. The sandbox is not digested:
        on another machine the same program may run in another one."""
        pieces = shown_source(self._desk.transcript, self._subject, self._source)
        name = self._sandbox.name
        recipe = CodeRecipe(language=self._language, source=pieces, sandbox=name, changed=self._changed)
        return Ready(recipe, self._digest(), None)

    def _digest(self) -> str:
        return digest(f"{self._language}\n{self._source}".encode())

    def again(self, attempt: Attempt) -> str:
        """The digest as of now."""
        return self._digest()

    def other_way(self, failed: CallFailed, started: CallStarted) -> bool:
        """There is none."""
        return False

    async def act(self, started: CallStarted, seq: int, emit: Callable[[str], None]) -> CodeRun:
        """Run it. A language the sandbox does not know is a result, not an error."""
        known = self._sandbox.languages()
        if self._language not in known:
            detail = f"this sandbox ({self._sandbox.name}) runs {', '.join(sorted(known))} only"
            return CodeRun(language=self._language, status="unsupported", detail=detail)
        run: object = await self._sandbox.run(self._source, self._language, self._limits)
        if not isinstance(run, CodeRun):
            name = self._sandbox.name
            raise TypeError(f"the sandbox {name} gave back a {type(run).__name__}; `run` must give a CodeRun")
        return run
