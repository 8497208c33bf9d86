"""Conversations between model-driven agents, with hard limits and a transcript that explains everything.

The names below are the face of the package. They load when first used, so importing it costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module

__version__ = "0.1.0.dev0"

_HOME = {
    "AgentChatError": "agentchat.errors",
    "Approval": "agentchat.seams",
    "Assistant": "agentchat.agents.assistant",
    "BaseAgent": "agentchat.agents.base",
    "BlobPart": "agentchat.transcript.messages",
    "Budget": "agentchat.policy.spending.budget",
    "CallLimits": "agentchat.policy.charter",
    "Cap": "agentchat.policy.spending.budget",
    "Chunks": "agentchat.models.scripted",
    "Code": "agentchat.transcript.messages",
    "CodeResult": "agentchat.transcript.messages",
    "CodeRun": "agentchat.transcript.messages",
    "Condition": "agentchat.policy.rules",
    "ContextPolicy": "agentchat.policy.charter",
    "Conversation": "agentchat.conversation",
    "Data": "agentchat.transcript.messages",
    "Delta": "agentchat.seams",
    "Direction": "agentchat.transcript.messages",
    "END": "agentchat.policy.routing.plans",
    "Edge": "agentchat.routing",
    "Edit": "agentchat.forking",
    "Elapsed": "agentchat.policy.rules",
    "Emitted": "agentchat.policy.rules",
    "Entry": "agentchat.transcript.events",
    "External": "agentchat.policy.rules",
    "Failures": "agentchat.policy.rules",
    "FilePart": "agentchat.transcript.messages",
    "From": "agentchat.policy.rules",
    "FunctionModel": "agentchat.models.function",
    "Graph": "agentchat.routing",
    "HandedTo": "agentchat.policy.rules",
    "Handoff": "agentchat.transcript.messages",
    "Handoffs": "agentchat.routing",
    "Limits": "agentchat.seams",
    "MaxMessages": "agentchat.policy.rules",
    "MaxTurns": "agentchat.policy.rules",
    "Mentions": "agentchat.policy.rules",
    "Message": "agentchat.transcript.transcript",
    "Model": "agentchat.seams",
    "ModelRequest": "agentchat.policy.prompts.request",
    "OpenAIModel": "agentchat.models.openai",
    "Outcome": "agentchat.result",
    "Price": "agentchat.policy.spending.prices",
    "Question": "agentchat.runtime.questions",
    "Recorded": "agentchat.rechecking",
    "Reply": "agentchat.transcript.calls",
    "Result": "agentchat.result",
    "RoundRobin": "agentchat.routing",
    "Rule": "agentchat.policy.rules",
    "Run": "agentchat.run",
    "SavedFile": "agentchat.transcript.messages",
    "Says": "agentchat.policy.rules",
    "ScriptedModel": "agentchat.models.scripted",
    "Selector": "agentchat.routing",
    "Stalemate": "agentchat.policy.rules",
    "Supervised": "agentchat.routing",
    "Supervisor": "agentchat.agents.supervisor",
    "Text": "agentchat.transcript.messages",
    "TextPart": "agentchat.transcript.messages",
    "ToolCallContext": "agentchat.seams",
    "ToolCallPart": "agentchat.transcript.messages",
    "ToolError": "agentchat.errors",
    "Transcript": "agentchat.transcript.transcript",
    "Turn": "agentchat.seams",
    "UriPart": "agentchat.transcript.messages",
    "Usage": "agentchat.transcript.calls",
    "UserProxy": "agentchat.agents.user_proxy",
    "Where": "agentchat.policy.rules",
    "agent": "agentchat.agents.function",
    "assert_replays": "agentchat.rechecking",
    "diff": "agentchat.debug.diff",
    "forbid_real_models": "agentchat.models.forbid",
    "load_team": "agentchat.teams",
    "not_ended": "agentchat.debug.why",
    "replay": "agentchat.rechecking",
    "request": "agentchat.debug.asked",
    "tool": "agentchat.tools.function",
    "why": "agentchat.debug.why",
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
