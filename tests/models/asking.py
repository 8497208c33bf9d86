"""How the model tests ask: a request, a call, what it emitted."""

from __future__ import annotations

from agentchat.policy.prompts.request import ChatMessage, Growing, ModelRequest
from agentchat.policy.prompts.wires import limit_field
from agentchat.seams import Model
from agentchat.transcript.calls import Reply


def request_for(
    model: Model,
    text: str = "What is 2 + 2?",
    *,
    index: int = 0,
    conversation: str = "talk",
    key: str = "key-1",
    more: str = "",
    then: tuple[ChatMessage, ...] = (),
) -> ModelRequest:
    """A request of a system and a user message, of those of `then`, with `more` fields behind the settings."""
    card = model.card()
    growing = Growing(card.wire)
    growing.add(ChatMessage("system", "You are brief. Ünïcode “quotes” 🙂"))
    growing.add(ChatMessage("user", text))
    for message in then:
        growing.add(message)
    limit = "" if card.max_output is None else limit_field(card.wire, card.max_output)
    data = growing.request(f"{card.tail}{limit}{more}}}")
    return ModelRequest(card.name, growing.messages, data, conversation=conversation, key=key, index=index)


class Heard(list[str]):
    """The texts that a model emitted."""

    @property
    def text(self) -> str:
        """All of them joined."""
        return "".join(self)


async def ask(model: Model, text: str = "What is 2 + 2?", *, index: int = 0) -> tuple[Reply, Heard]:
    """One call; the reply and what was emitted."""
    heard = Heard()
    reply = await model.complete(request_for(model, text, index=index), heard.append)
    return reply, heard
