"""A team with nothing in the place of its sandboxes: for a run whose programs all come back from a record."""

from __future__ import annotations

import copy
from typing import Protocol, cast

from agentchat.errors import SandboxUnavailable
from agentchat.run import Terms
from agentchat.seams import Agent, Limits, Sandbox
from agentchat.transcript.messages import CodeRun


class RecordedSandbox:
    """Passes its probe, and runs nothing."""

    name = "recorded"

    def languages(self) -> frozenset[str]:
        """None: nothing is run."""
        return frozenset()

    async def probe(self) -> str | None:
        """Nothing is missing."""
        return None

    async def run(self, source: str, language: str, limits: Limits) -> CodeRun:
        """Refused."""
        raise SandboxUnavailable("this program is not in the record, and no other is run")


class _Housed(Protocol):
    sandbox: Sandbox


def without_sandboxes(terms: Terms) -> Terms:
    """The same terms; agents that have a sandbox stand in copies of themselves."""
    return terms._replace(agents=tuple(_unhoused(agent) for agent in terms.agents))


def _unhoused(agent: Agent) -> Agent:
    if agent.sandbox is None:
        return agent
    mine = copy.copy(agent)
    cast(_Housed, mine).sandbox = RecordedSandbox()
    return mine
