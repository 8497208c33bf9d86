"""What a command proposes to type when a run ended, and how it tells a task from a team."""

from __future__ import annotations

import pytest

from agentchat import Assistant, Budget, Conversation, MaxTurns, ScriptedModel
from agentchat.cli.going_on import larger, ways_on
from agentchat.cli.places import new_place
from agentchat.cli.teaming import split_words
from agentchat.errors import ConfigurationError
from agentchat.result import Outcome, Result
from tests.cli.conftest import Cli
from tests.servers.fake_openai import FakeServer, hang


def outcome(rule: str = "Budget()", kind: str = "limit", **values: int | float | str) -> Outcome:
    return Outcome(kind, rule, 1, values, "", "")  # type: ignore[arg-type]  # any kind


@pytest.mark.parametrize(
    ("given", "option"),
    [
        (outcome("MaxTurns(turns=3)", turns=3), "--max-turns 6"),
        (outcome(scope="budget", unit="calls", cap=4), "--calls 8"),
        (outcome(scope="budget", unit="tokens", cap=1000), "--tokens 2000"),
        (outcome(scope="budget", unit="tokens", spent=10, reserved=5, asked=7326, cap=60), "--tokens 7341"),
        (outcome(scope="budget", unit="tokens", spent=990, reserved=0, asked=20, cap=1000), "--tokens 2000"),
        (outcome(scope="budget", unit="usd", cap=0.25), "--usd 0.5"),
        (outcome(scope="budget", unit="usd", spent=0.01, asked=0.70003, cap=0.25), "--usd 0.7101"),
        (outcome(unit="seconds", cap=1.5), "--seconds 3"),
        (outcome(scope="agent coder", unit="usd", cap=0.25), None),
        (outcome("CallLimits", unit="model calls in one turn", cap=16), None),
        (outcome("MaxMessages(messages=3)", messages=3), None),
        (outcome("MaxTurns(turns=3)", kind="failed", turns=3), None),
    ],
)
def test_the_option_that_raises_a_limit(given: Outcome, option: str | None) -> None:
    assert larger(given) == option


def ended(budget: Budget, turns: int = 9) -> Result:
    model = ScriptedModel(["a", "b", "c", "d"])
    return Conversation([Assistant("a", model=model)], until=MaxTurns(turns), budget=budget).run_sync("go")


def test_a_cap_on_the_whole_conversation_is_not_spent_again_in_vain() -> None:
    place = new_place("k", save=None, store=None)
    run = ended(Budget(calls=2))
    assert list(ways_on(run, place)) == [
        ("Go on:", "agentchat resume k"),
        ("With more:", "agentchat resume k --calls 4"),
    ]
    whole = ended(Budget(calls=2, per="conversation"))
    assert list(ways_on(whole, place)) == [("With more:", "agentchat resume k --calls 4")]
    turns = ended(Budget(calls=3, per="conversation"), turns=2)
    assert [what for what, _ in ways_on(turns, place)] == ["Go on:", "With more:"]


def test_a_run_in_which_no_call_fits_is_not_proposed_again_as_it_is() -> None:
    place = new_place("k", save=None, store=None)
    ((what, command),) = ways_on(ended(Budget(tokens=10)), place)
    assert what == "With more:"
    assert int(command.rpartition(" ")[2]) > 20


def test_the_last_word_is_the_task() -> None:
    long = "a/" * 9000
    assert split_words([long]) == ([], long)
    assert split_words(["coder", "critic", "do it"]) == (["coder", "critic"], "do it")
    assert split_words(["coder", "critic"]) == (["coder"], "critic")
    for name in ("critic", "supervised-coding", "x.toml"):
        with pytest.raises(ConfigurationError, match="is no task but a name"):
            split_words([name])


def test_a_run_that_was_cut_off_keeps_its_limits(cli: Cli) -> None:
    with FakeServer([hang()]) as server:
        run = cli.start("run", "assistant", "x", "--model", f"x@{server.base_url}", "--id", "k")
        assert server.wait_for(1)
        run.kill()
        run.communicate(timeout=60)
    said = cli("resume", "k", "--usd", "3")
    assert (said.code, said.out) == (2, "")
    assert "was cut off in the middle of a run, which keeps the limits it began with" in said.err
