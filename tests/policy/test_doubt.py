"""What is said of a call whose result was lost."""

from __future__ import annotations

from agentchat import Assistant, Conversation, MaxTurns, ScriptedModel, UserProxy, tool
from agentchat.policy.doubt import harmless, left_behind, told
from agentchat.transcript.calls import CodeRecipe, ToolRecipe
from agentchat.transcript.events import CallInDoubt
from tests.policy.play import Play
from tests.runtime.team import EchoSandbox


@tool(idempotent=True)
def look(what: str) -> str:
    """Look something up."""
    return what


@tool
def wipe(path: str) -> str:
    """Remove a file."""
    return path


def test_an_isolated_program_and_an_idempotent_tool_may_be_made_again() -> None:
    agents = [
        Assistant("ann", model=ScriptedModel(["x"]), tools=[look, wipe]),
        UserProxy("runner", sandbox=EchoSandbox()),
    ]
    ann, runner = Conversation(agents, until=MaxTurns(1)).charter.agents
    program = CodeRecipe(language="python", source=("=1",), sandbox="echo")
    assert runner.code is not None
    apart = runner.model_copy(update={"code": runner.code.model_copy(update={"isolated": True})})
    host = runner.model_copy(update={"code": runner.code.model_copy(update={"isolated": False})})
    assert (harmless(apart, program), harmless(host, program)) == (True, False)
    assert left_behind(apart, program) == "and left nothing behind, for it ran isolated"
    assert left_behind(host, program) == "and may have had its effect"
    assert harmless(ann, ToolRecipe(name="look", arguments={}))
    assert not harmless(ann, ToolRecipe(name="wipe", arguments={}))
    assert not harmless(ann, ToolRecipe(name="gone", arguments={}))
    assert left_behind(ann, ToolRecipe(name="wipe", arguments={})) == "and may have had its effect"
    assert left_behind(None, None) == "and may have had its effect"


def test_a_lost_call_is_told_with_what_is_done_about_it() -> None:
    play = Play().start()
    play.give()
    call = play.tool("c1").seq
    lost = "had no result when the process ended, and may have had its effect: "
    assert told(CallInDoubt(call=call, policy="fail"), play.log) == lost + "it counts as failed"
    assert told(CallInDoubt(call=call, policy="retry"), play.log) == lost + "it is made again"
    assert told(CallInDoubt(call=call, policy="ask"), play.log) == lost + "a person is asked"
