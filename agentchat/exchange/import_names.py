"""Who is who in a message list: the instructions, the agents behind its assistants, the people behind its users."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final, NamedTuple

from agentchat.agents.names import RESERVED
from agentchat.exchange.message_lists import Given, MessageList
from agentchat.policy.rules import From, MaxTurns, Rule

NO_MODEL: Final = "imported"
"""What stands for the model of a list that names none."""
AT: Final = "@http"
"""What parts the name of a model from its address."""
MOST: Final = 20
"""Turns of a run where nothing else ends it, as in teams without a limit of their own."""
ASSISTANT: Final = "assistant"
USER: Final = "user"
SYSTEM: Final = "system"


class Named(NamedTuple):
    """The messages behind the instructions, with the agents and people that say them.

    rule: what ends a run of it. lost: what of the names and prompts has no place.
    """

    instructions: str | None
    agents: tuple[str, ...]
    messages: tuple[Given, ...]
    words: dict[str, str]
    rule: Rule
    lost: tuple[str, ...]

    def agent(self, message: Given) -> str:
        """The agent that says what an assistant says."""
        return self.agents[0] if message.name is None else self.words[message.name]

    def sender(self, message: Given) -> str:
        """The person behind a message of a user; a prompt in the middle is the system's."""
        name = message.name or (SYSTEM if message.role == "system" else USER)
        return f"{name} ({message.role})" if name in self.agents else name


def named(given: MessageList) -> Named:
    """Find out who is who in a list."""
    head = next(place for place, one in enumerate(given.messages) if one.role != "system")
    prompts, messages = given.messages[:head], given.messages[head:]
    later = [one for one in messages if one.role == "system"]
    lost = [f"that {one} is a prompt of the system; it is a message here" for one in later]
    lost += [f"the name {one.name!r} of {one}" for one in prompts if one.name is not None]
    if len(prompts) > 1:
        lost.append(f"that the instructions stood in {len(prompts)} messages; they are one text")
    words, told = _words(given, messages)
    agents = tuple(dict.fromkeys(words.values())) or (_fitting(given.agent or ASSISTANT),)
    if any(one.role == "assistant" and one.name is None for one in messages) and words:
        agents = tuple(dict.fromkeys((_fitting(given.agent or ASSISTANT), *agents)))
    if len(agents) > 1:
        lost.append(f"who was shown what: {', '.join(agents)} are agents of their own here, with the same instructions")
    if given.model is not None and AT in given.model:
        lost.append("the model's address: name it with --model where you trust it")
    text = "\n\n".join(one.text for one in prompts if one.text)
    return Named(text or None, agents, messages, words, _ending(messages, agents), (*lost, *told))


def _words(given: MessageList, messages: tuple[Given, ...]) -> tuple[dict[str, str], list[str]]:
    """The agent for each name of an assistant, and which names had to change."""
    found: dict[str, str] = {}
    lost = []
    for one in messages:
        if one.role == "assistant" and one.name is not None and one.name not in found:
            found[one.name] = _fitting(one.name)
            if found[one.name] != one.name:
                lost.append(f"the name {one.name!r} of {one}, which is none for an agent; it is {found[one.name]}")
    return found, lost


def _fitting(name: str) -> str:
    """The name as one that an agent may have."""
    fitting = re.sub(r"[^A-Za-z0-9_-]", "_", name)[:63]
    if not fitting[:1].isalpha():
        fitting = f"a{fitting}"
    return f"{fitting}_" if fitting in RESERVED else fitting


def _ending(messages: tuple[Given, ...], agents: tuple[str, ...]) -> Rule:
    """One agent answers once, as one that is alone does in `agentchat run`; several until nobody answers any more."""
    if len(agents) == 1:
        return From(agents[0]) | MaxTurns(MOST)
    counts: Counter[int] = Counter()
    block = 0
    for one in messages:
        block += one.role in ("user", "system")
        counts[block] += one.role == "assistant"
    return MaxTurns(max(MOST, *counts.values()) + 1)
