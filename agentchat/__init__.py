"""Conversations between model-driven agents, with hard limits and a transcript that explains everything.

The names below are the face of the package. They load when first used, so importing it costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module

__version__ = "0.1.0.dev0"

_HOME = {
    "AgentChatError": "agentchat.errors",
    "Assistant": "agentchat.agents.assistant",
    "BaseAgent": "agentchat.agents.base",
    "Budget": "agentchat.policy.budget",
    "CallLimits": "agentchat.policy.charter",
    "Chunks": "agentchat.models.scripted",
    "Code": "agentchat.transcript.messages",
    "CodeResult": "agentchat.transcript.messages",
    "CodeRun": "agentchat.transcript.messages",
    "Conversation": "agentchat.conversation",
    "Data": "agentchat.transcript.messages",
    "Delta": "agentchat.seams",
    "Direction": "agentchat.transcript.messages",
    "Elapsed": "agentchat.policy.rules",
    "Entry": "agentchat.transcript.events",
    "External": "agentchat.policy.rules",
    "Failures": "agentchat.policy.rules",
    "FunctionModel": "agentchat.models.function",
    "Handoff": "agentchat.transcript.messages",
    "Limits": "agentchat.seams",
    "MaxMessages": "agentchat.policy.rules",
    "MaxTurns": "agentchat.policy.rules",
    "Mentions": "agentchat.policy.rules",
    "Message": "agentchat.transcript.transcript",
    "ModelRequest": "agentchat.policy.request",
    "OpenAIModel": "agentchat.models.openai",
    "Outcome": "agentchat.result",
    "Reply": "agentchat.transcript.calls",
    "Result": "agentchat.result",
    "Run": "agentchat.run",
    "ScriptedModel": "agentchat.models.scripted",
    "Text": "agentchat.transcript.messages",
    "Transcript": "agentchat.transcript.transcript",
    "Turn": "agentchat.seams",
    "Usage": "agentchat.transcript.calls",
    "UserProxy": "agentchat.agents.user_proxy",
    "agent": "agentchat.agents.function",
    "forbid_real_models": "agentchat.models.forbid",
    "replay": "agentchat.debug.replay",
}

__all__ = sorted(_HOME)  # noqa: PLE0605 - spelt out once, in the stub beside this file, for type checkers


def __getattr__(name: str) -> object:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
