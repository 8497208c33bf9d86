"""What `agentchat rm` removes, and asking before it does. What was shown is what goes: anything newer stays."""

from __future__ import annotations

import re
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from rich.text import Text

from agentchat.catalogue.opening import words_in
from agentchat.catalogue.removing import Removal, aged, named, remove
from agentchat.catalogue.trees import Forest, forest_of
from agentchat.errors import AgentChatError, ConfigurationError, HasBranches, LeaseHeld, NoSuchConversation
from agentchat.seams import Store
from agentchat.settings import default_store
from agentchat.stores.jsonl import JsonlStore
from agentchat.stores.opening import open_store
from agentchat.terminal.ages import ago
from agentchat.terminal.console import Plain
from agentchat.terminal.sanitize import sanitize, sanitize_line
from agentchat.terminal.usage_text import many

_AGE: Final = re.compile(r"(\d+(?:\.\d+)?) ?(min|h|d|w|y)")
_UNITS: Final = {"min": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400}
_OPENING: Final = 8
_SHOWN: Final = 20
"""Conversations that are shown by themselves before the rest is only counted; all with --dry-run."""


class Going(NamedTuple):
    """Something to be removed, where it is kept, and what it is called."""

    store: Store
    name: str
    removal: Removal


class Plan(NamedTuple):
    """What goes, and what stays although it is old enough, for somebody is at it. what: why it goes, in words."""

    removals: Sequence[Going]
    held: Sequence[Going]
    why: str


def seconds_of(age: str) -> float:
    """An age such as 30d, in seconds. Raises ConfigurationError."""
    match = _AGE.fullmatch(age.strip().lower())
    if match is None:
        raise ConfigurationError(f"{age!r} is no age; say a number and min, h, d, w or y: 30d")
    return float(match[1]) * _UNITS[match[2]]


async def by_age(path: Path | None, age: float | None, keep: int) -> Plan:
    """What is older in a store, but for the newest. Raises StoreUnavailable."""
    store = open_store(path or default_store())
    found = aged(forest_of(await store.glances(_OPENING)), before=None if age is None else time.time() - age, keep=keep)
    await store.aclose()
    goes, held = ([Going(store, one.node.id, one) for one in part] for part in found)
    return Plan(goes, held, "nothing there is as old as that" if age is not None else "there are no more than that")


async def by_name(sources: Sequence[str], path: Path | None, *, with_branches: bool, whole: bool) -> Plan:
    """What these name. whole: only ids that are written out. Raises StoreError, TranscriptError, ConfigurationError."""
    files = [source for source in sources if _is_file(source)]
    goes = [await _file(Path(source)) for source in dict.fromkeys(files)]
    ids = [source for source in sources if source not in files]
    if ids:
        store = open_store(path or default_store())
        forest = forest_of(await store.glances(_OPENING))
        await store.aclose()
        chosen = [_chosen(source, forest, path or default_store(), whole=whole) for source in ids]
        try:
            goes += [Going(store, one.node.id, one) for one in named(forest, chosen, with_branches=with_branches)]
        except HasBranches as error:
            raise ConfigurationError(f"{error}, or take all of them with --with-branches") from None
    return Plan(goes, [], "nothing was named")


def _is_file(source: str) -> bool:
    return source.endswith(".jsonl") or Path(source).is_file()


async def _file(path: Path) -> Going:
    store = JsonlStore(path)
    forest = forest_of(await store.glances(_OPENING))
    if not forest.tops:
        raise NoSuchConversation(f"{path}: there is no conversation in it, or no such file")
    removal = named(forest, [forest.tops[0].id], with_branches=False)[0]
    return Going(store, str(path), removal)


def _chosen(source: str, forest: Forest, where: Path, *, whole: bool) -> str:
    """The id that was meant."""
    if source in forest.nodes:
        return source
    found = sorted(id for id in forest.nodes if id.startswith(source))
    if not found:
        raise NoSuchConversation(f"there is no conversation {source!r} in {where}; agentchat ls lists them")
    if not all(id.startswith(f"{found[0]}.") for id in found[1:]):  # those are its own branches, or held inside it
        told = ", ".join(found[:3])
        raise ConfigurationError(f"{len(found)} conversations begin with {source!r}, such as {told}; write it out")
    if whole:
        raise ConfigurationError(f"with --yes an id is written out: {found[0]}")
    return found[0]


def shown(plan: Plan, *, dry_run: bool) -> Iterator[Text]:
    """What goes, a line each."""
    for going in plan.held:
        owner = going.removal.owner
        told = f"{going.name} stays: {owner[1] if owner else 'somebody'} is running it"
        yield Text(sanitize_line(told), style="yellow")
    if not plan.removals:
        yield Text(f"Nothing goes: {plan.why}.")
        return
    few = plan.removals if dry_run else plan.removals[:_SHOWN]
    for going in few:
        yield _line(going)
    if len(few) < len(plan.removals):
        yield Text(f"… and {len(plan.removals) - len(few):,} more; --dry-run shows all", style="dim")
    if dry_run:
        yield Text(f"{_counted(plan)} would go; nothing was removed.")


def _line(going: Going) -> Text:
    node, more = going.removal.node, going.removal.nodes[:-1]
    line = Text(sanitize_line(going.name), style="bold")
    facts = [sanitize_line(words_in(node.first)), ago(time.time() - node.at), many(node.events, "event")]
    branches = sum(one.origin is not None and one.origin.kind == "branch" for one in more)
    facts += [f"with {branches} branch{'' if branches == 1 else 'es'}"] if branches else []
    facts += [f"with {len(more) - branches} held inside"] if len(more) > branches else []
    return line.append("  ").append(" · ".join(fact for fact in facts if fact), style="not bold")


def _counted(plan: Plan) -> str:
    return many(sum(len(going.removal.nodes) for going in plan.removals), "conversation")


def ask(plan: Plan, console: Plain) -> bool:
    """Whether it may be done: only `y` is a yes, and what was typed before the question counts for nothing.

    Raises ConfigurationError where nobody can be asked.
    """
    if not (sys.stdin.isatty() and console.is_terminal):
        raise ConfigurationError("nothing was removed: nobody is there to be asked; say --yes to remove without a word")
    termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
    console.raw(f"Remove {_counted(plan)} for good? [y/N] ")
    line = sys.stdin.readline()
    if not line.endswith("\n"):
        console.raw("\n")
    yes = line.strip().lower() in ("y", "yes")
    if not yes:
        console.show("Nothing was removed.")
    return yes


async def carry_out(plan: Plan) -> tuple[str, list[Text]]:
    """Remove it. Answers what is gone, and what stayed and why."""
    gone, stayed = 0, []
    for store in {id(going.store): going.store for going in plan.removals}.values():
        mine = [going for going in plan.removals if going.store is store]
        now = forest_of(await store.glances(_OPENING))
        for going in mine:
            error = await _remove(going, now)
            gone += len(going.removal.nodes) if error is None else 0
            stayed += [] if error is None else [Text(sanitize(f"agentchat: {going.name} stays: {error}"))]
        await store.aclose()
    return f"Removed {many(gone, 'conversation')}.", stayed


async def _remove(going: Going, now: Forest) -> AgentChatError | None:
    """Remove one, unless it, or what belongs to it, is not what was shown."""
    removal = going.removal
    top = now.nodes.get(removal.node.id)
    if top is None:
        return None
    there = [node for node, _ in now.tree(top)][::-1]
    held = next((node for node in there if node.owner is not None), None)
    if held is not None and held.owner is not None:
        return LeaseHeld(held.id, held.owner)
    if [(node.id, node.seq) for node in there] != [(node.id, node.seq) for node in removal.nodes]:
        return ConfigurationError("it went on, or was forked, while you were asked; look again")
    return await remove(going.store, removal)
