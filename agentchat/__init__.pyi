"""The face as type checkers see it; `__init__.py` loads the same names when they are first used."""

from agentchat.agents.assistant import Assistant as Assistant
from agentchat.agents.base import BaseAgent as BaseAgent
from agentchat.agents.function import agent as agent
from agentchat.agents.supervisor import Supervisor as Supervisor
from agentchat.agents.user_proxy import UserProxy as UserProxy
from agentchat.conversation import Conversation as Conversation
from agentchat.debug.asked import request as request
from agentchat.debug.diff import diff as diff
from agentchat.debug.why import not_ended as not_ended
from agentchat.debug.why import why as why
from agentchat.errors import AgentChatError as AgentChatError
from agentchat.errors import ToolError as ToolError
from agentchat.forking import Edit as Edit
from agentchat.models.forbid import forbid_real_models as forbid_real_models
from agentchat.models.function import FunctionModel as FunctionModel
from agentchat.models.openai import OpenAIModel as OpenAIModel
from agentchat.models.scripted import Chunks as Chunks
from agentchat.models.scripted import ScriptedModel as ScriptedModel
from agentchat.policy.charter import CallLimits as CallLimits
from agentchat.policy.charter import ContextPolicy as ContextPolicy
from agentchat.policy.prompts.request import ModelRequest as ModelRequest
from agentchat.policy.routing.plans import END as END
from agentchat.policy.rules import Condition as Condition
from agentchat.policy.rules import Elapsed as Elapsed
from agentchat.policy.rules import Emitted as Emitted
from agentchat.policy.rules import External as External
from agentchat.policy.rules import Failures as Failures
from agentchat.policy.rules import From as From
from agentchat.policy.rules import HandedTo as HandedTo
from agentchat.policy.rules import MaxMessages as MaxMessages
from agentchat.policy.rules import MaxTurns as MaxTurns
from agentchat.policy.rules import Mentions as Mentions
from agentchat.policy.rules import Rule as Rule
from agentchat.policy.rules import Says as Says
from agentchat.policy.rules import Stalemate as Stalemate
from agentchat.policy.rules import Where as Where
from agentchat.policy.spending.budget import Budget as Budget
from agentchat.policy.spending.budget import Cap as Cap
from agentchat.policy.spending.prices import Price as Price
from agentchat.rechecking import Recorded as Recorded
from agentchat.rechecking import assert_replays as assert_replays
from agentchat.rechecking import replay as replay
from agentchat.result import Outcome as Outcome
from agentchat.result import Result as Result
from agentchat.routing import Edge as Edge
from agentchat.routing import Graph as Graph
from agentchat.routing import Handoffs as Handoffs
from agentchat.routing import RoundRobin as RoundRobin
from agentchat.routing import Selector as Selector
from agentchat.routing import Supervised as Supervised
from agentchat.run import Run as Run
from agentchat.runtime.questions import Question as Question
from agentchat.seams import Approval as Approval
from agentchat.seams import Delta as Delta
from agentchat.seams import Limits as Limits
from agentchat.seams import Model as Model
from agentchat.seams import ToolCallContext as ToolCallContext
from agentchat.seams import Turn as Turn
from agentchat.teams import load_team as load_team
from agentchat.tools.function import tool as tool
from agentchat.transcript.calls import Reply as Reply
from agentchat.transcript.calls import Usage as Usage
from agentchat.transcript.events import Entry as Entry
from agentchat.transcript.messages import BlobPart as BlobPart
from agentchat.transcript.messages import Code as Code
from agentchat.transcript.messages import CodeResult as CodeResult
from agentchat.transcript.messages import CodeRun as CodeRun
from agentchat.transcript.messages import Data as Data
from agentchat.transcript.messages import Direction as Direction
from agentchat.transcript.messages import FilePart as FilePart
from agentchat.transcript.messages import Handoff as Handoff
from agentchat.transcript.messages import SavedFile as SavedFile
from agentchat.transcript.messages import Text as Text
from agentchat.transcript.messages import TextPart as TextPart
from agentchat.transcript.messages import ToolCallPart as ToolCallPart
from agentchat.transcript.messages import UriPart as UriPart
from agentchat.transcript.transcript import Message as Message
from agentchat.transcript.transcript import Transcript as Transcript

__version__: str
__all__ = [
    "END",
    "AgentChatError",
    "Approval",
    "Assistant",
    "BaseAgent",
    "BlobPart",
    "Budget",
    "CallLimits",
    "Cap",
    "Chunks",
    "Code",
    "CodeResult",
    "CodeRun",
    "Condition",
    "ContextPolicy",
    "Conversation",
    "Data",
    "Delta",
    "Direction",
    "Edge",
    "Edit",
    "Elapsed",
    "Emitted",
    "Entry",
    "External",
    "Failures",
    "FilePart",
    "From",
    "FunctionModel",
    "Graph",
    "HandedTo",
    "Handoff",
    "Handoffs",
    "Limits",
    "MaxMessages",
    "MaxTurns",
    "Mentions",
    "Message",
    "Model",
    "ModelRequest",
    "OpenAIModel",
    "Outcome",
    "Price",
    "Question",
    "Recorded",
    "Reply",
    "Result",
    "RoundRobin",
    "Rule",
    "Run",
    "SavedFile",
    "Says",
    "ScriptedModel",
    "Selector",
    "Stalemate",
    "Supervised",
    "Supervisor",
    "Text",
    "TextPart",
    "ToolCallContext",
    "ToolCallPart",
    "ToolError",
    "Transcript",
    "Turn",
    "UriPart",
    "Usage",
    "UserProxy",
    "Where",
    "agent",
    "assert_replays",
    "diff",
    "forbid_real_models",
    "load_team",
    "not_ended",
    "replay",
    "request",
    "tool",
    "why",
]
