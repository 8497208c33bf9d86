"""The face as type checkers see it; `__init__.py` loads the same names when they are first used."""

from agentchat.agents.assistant import Assistant as Assistant
from agentchat.agents.base import BaseAgent as BaseAgent
from agentchat.agents.function import agent as agent
from agentchat.agents.user_proxy import UserProxy as UserProxy
from agentchat.conversation import Conversation as Conversation
from agentchat.debug.replay import replay as replay
from agentchat.errors import AgentChatError as AgentChatError
from agentchat.models.forbid import forbid_real_models as forbid_real_models
from agentchat.models.function import FunctionModel as FunctionModel
from agentchat.models.openai import OpenAIModel as OpenAIModel
from agentchat.models.scripted import Chunks as Chunks
from agentchat.models.scripted import ScriptedModel as ScriptedModel
from agentchat.policy.budget import Budget as Budget
from agentchat.policy.charter import CallLimits as CallLimits
from agentchat.policy.request import ModelRequest as ModelRequest
from agentchat.policy.rules import Elapsed as Elapsed
from agentchat.policy.rules import External as External
from agentchat.policy.rules import Failures as Failures
from agentchat.policy.rules import MaxMessages as MaxMessages
from agentchat.policy.rules import MaxTurns as MaxTurns
from agentchat.policy.rules import Mentions as Mentions
from agentchat.result import Outcome as Outcome
from agentchat.result import Result as Result
from agentchat.run import Run as Run
from agentchat.seams import Delta as Delta
from agentchat.seams import Limits as Limits
from agentchat.seams import Turn as Turn
from agentchat.transcript.calls import Reply as Reply
from agentchat.transcript.calls import Usage as Usage
from agentchat.transcript.events import Entry as Entry
from agentchat.transcript.messages import Code as Code
from agentchat.transcript.messages import CodeResult as CodeResult
from agentchat.transcript.messages import CodeRun as CodeRun
from agentchat.transcript.messages import Data as Data
from agentchat.transcript.messages import Direction as Direction
from agentchat.transcript.messages import Handoff as Handoff
from agentchat.transcript.messages import Text as Text
from agentchat.transcript.transcript import Message as Message
from agentchat.transcript.transcript import Transcript as Transcript

__version__: str
__all__: list[str]
