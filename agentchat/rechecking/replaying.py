"""Going through a saved run once more: decisions, prompts, and what its agents do, on the record alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import anyio

from agentchat.conversation import Conversation
from agentchat.debug.replay import Difference
from agentchat.errors import ConfigurationError
from agentchat.rechecking.agreements import Agreement, differing, requests_at
from agentchat.rechecking.found import Found, LeftOut
from agentchat.rechecking.replayed import Replayed
from agentchat.rechecking.seats import TeamSeats
from agentchat.runtime.manager import Judge
from agentchat.runtime.recheck.walk import PATIENCE, Walk, Walked
from agentchat.teams.named_code import NamedCode
from agentchat.transcript.transcript import Transcript

T = TypeVar("T")

_PROMPTS: Final = ("the prompt of", "the bytes of a request", "the settings of")


def replay(
    source: str | Path | Transcript,
    *,
    team: Conversation | None = None,
    agents: bool = False,
    trust: bool = False,
    bounds: bool = True,
) -> Replayed:
    """Go through a saved run once more and compare: every decision, every prompt, every act of its agents.

    Nothing is called: what models, programs, tools and people came back with is in the record, and a call that is not
    is a difference. Agents of this package act again, made from the record, or those of `team` where they are the
    recorded ones. team: what is held against the recorded agreement: agents, routing, and with `bounds` rules and
    budget. agents: run functions of your own as well (function agents, checks, conditions); they may act on the world
    outside their turn. trust: import them, and tools, by the names in the record.

    Raises a TranscriptError for a file that cannot be read, an edited one included: the chain names the line.
    """
    return waited(lambda: recheck(source, team=team, agents=agents, trust=trust, bounds=bounds))


async def recheck(
    source: str | Path | Transcript,
    *,
    team: Conversation | None = None,
    agents: bool = False,
    trust: bool = False,
    bounds: bool = True,
    patience: float = PATIENCE,
) -> Replayed:
    """`replay` for async code. patience: seconds that code of your own may take over one act."""
    if not isinstance(team, Conversation | None):
        raise ConfigurationError(f"team={team!r}: it must be a Conversation, with the agents in it and their rules")
    transcript = source if isinstance(source, Transcript) else Transcript.load(source)
    found: list[Found] = []
    judges: dict[str, Judge] = {}
    if team is not None:
        terms = team.terms
        today = Agreement(terms.charter, terms.until, terms.budget) if bounds else Agreement(terms.charter)
        found += differing(transcript, today, texts_of_code=not agents)
        judges = dict(terms.judges) if agents else {}
    seats = TeamSeats(team, NamedCode(trust=trust), agents=agents)
    walked = await Walk(transcript, seats, judges=judges, patience=patience).walk()
    found += _with_texts(transcript, walked)
    found.sort(key=_place)
    left_out = tuple(LeftOut(agent, turns, why) for (agent, why), turns in sorted(walked.left_out.items()))
    return Replayed(transcript, len(transcript), tuple(found), +walked.run_again, left_out)


def _place(found: Found) -> int:
    return found.difference.seq


def _with_texts(transcript: Transcript, walked: Walked) -> list[Found]:
    """The differences, the first of them with what differs in full. What is found in two ways is said once."""
    once = {(one.seq, one.what): one for one in reversed(walked.differences)}
    found = [Found(one) for one in reversed(once.values())]
    if found:
        found[0] = Found(found[0].difference, _texts(transcript, walked, found[0].difference))
    return found


def _texts(transcript: Transcript, walked: Walked, first: Difference) -> tuple[str, str] | None:
    if walked.texts is not None and walked.texts[0] == first.seq:
        return walked.texts[1:]
    return requests_at(transcript, first.seq) if first.what.startswith(_PROMPTS) else None


def waited(work: Callable[[], Awaitable[T]]) -> T:
    """Do async work for a caller that is not; where an event loop is running, in one like it in a thread of its own."""
    backend = _running()
    if backend is None:
        return anyio.run(work)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(partial(anyio.run, work, backend=backend)).result()


def _running() -> str | None:
    """The kind of event loop that is running here, if one is."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        try:
            anyio.get_current_task()
        except Exception:
            return None
        return "trio"
    return "asyncio"
