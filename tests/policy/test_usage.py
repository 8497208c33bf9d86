"""What was used, where unknown is never nothing."""

from __future__ import annotations

import pytest

from agentchat.policy.spending.amounts import Amount
from agentchat.policy.spending.prices import cost, nanos
from agentchat.policy.spending.usage import Count, Money, Spent, UsageReport, usage_of
from agentchat.transcript.calls import Reserved, ToolResult, Usage
from agentchat.transcript.events import CallFinished, Forked, PersonaChanged, Position
from agentchat.transcript.transcript import Transcript
from tests.policy.spending import CHEAP, DEAR, Spending, agent, model, usage

NONE = Count()
OPEN = Count(0, False)


def test_usage_is_summed_by_agent_by_model_and_by_tier() -> None:
    play = Spending()
    told = Usage(input_tokens=1000, output_tokens=5, cached_input_tokens=400, reasoning_tokens=2)
    play.reply(play.ask("coder", "big"), told)
    play.reply(play.ask("coder", "small"), usage(10, None))
    play.ran(play.code("coder"))
    play.question("coder")
    play.run()
    play.reply(play.ask("boss", "small"), usage(1, 1))
    report = usage_of(play.log)
    dear, cheap = cost(DEAR, told), cost(CHEAP, usage(1, 1))
    assert dear is not None
    assert cheap is not None
    assert report.total == Spent(
        calls=3,
        programs=1,
        input_tokens=Count(1011),
        output_tokens=Count(6, False),
        cached_tokens=Count(400, False),
        reasoning_tokens=Count(2, False),
        usd=Money(nanos(dear) + nanos(cheap), False),
    )
    big = Spent(1, 0, Count(1000), Count(5), Count(400), Count(2), Money(nanos(dear)))
    assert report.by_model["big"] == report.by_tier["smart"] == big
    assert report.by_agent["boss"] == Spent(1, 0, Count(1), Count(1), OPEN, OPEN, Money(nanos(cheap)))
    assert (report.by_agent["coder"].calls, report.by_agent["coder"].programs) == (2, 1)
    assert report.by_model["small"] == report.by_tier["fast"]
    assert sorted(report.by_tier) == ["fast", "smart"]
    assert report.delegated == report.inherited == Spent()
    assert str(report) == "3 model calls, 1 program run, 1,011 tokens in, ≥ 6 out, ≥ $0.0065"
    assert report.total.tokens == Count(1017, False)


def test_a_call_without_a_report_or_a_reply_leaves_the_sum_open() -> None:
    play = Spending()
    play.reply(play.ask("odd", "new"), usage(7, 7))
    assert str(usage_of(play.log)) == "1 model call, 0 programs run, 7 tokens in, 7 out, cost unknown"
    play.reply(play.ask("odd", "new"))
    waiting = play.ask("odd", "new")
    play.ran(play.code("odd"))
    play.ran(waiting - 3)
    for report in (usage_of(play.log), usage_of(play.log)):
        assert report.total == Spent(3, 1, Count(7, False), Count(7, False), OPEN, OPEN, Money(0, False))
    assert report.by_tier == {}


def test_a_call_that_is_out_is_unknown_until_it_is_back() -> None:
    play = Spending()
    call = play.ask("coder", "big", Reserved(tokens=9))
    child = play.delegate("boss", Reserved(tokens=9))
    total = usage_of(play.log).total
    assert (total.usd, total.input_tokens, total.child_tokens, total.tools) == (Money(0, False), OPEN, OPEN, 1)
    play.reply(call, usage(1, 1, cached=0))
    play.back(child, Reserved(calls=1, tokens=5, usd=0.5))
    total = usage_of(play.log).total
    assert (total.usd, total.input_tokens, total.child_tokens) == (Money(500_040_000), Count(1), Count(5))


@pytest.mark.parametrize("end", ["fail", "cancel", "doubt"])
def test_what_became_of_a_call_is_unknown_and_so_is_what_it_took(end: str) -> None:
    for who, name, paid in (("coder", "big", "unknown"), ("local", "own", "$0.00")):  # what is free cost nothing
        play = Spending()
        getattr(play, end)(play.ask(who, name))
        total = usage_of(play.log).total
        assert (total.calls, str(total.input_tokens), str(total.usd)) == (1, "unknown", paid)


def test_a_call_that_no_model_saw_took_nothing() -> None:
    play = Spending()
    play.fail(play.ask("coder", "big"), "ModelUnreachable")
    assert usage_of(play.log).total == Spent(calls=1)
    play.fail(play.ask("coder", "big"), "ModelBusy", partial="Well")
    assert usage_of(play.log).total.usd == Money(0, False)
    play.fail(99, "ModelUnreachable")
    assert usage_of(play.log).total.calls == 2


@pytest.mark.parametrize("told", [usage(0, 0), usage(-4, 9), None])
def test_numbers_that_cannot_be_meant_are_unknown(told: Usage | None) -> None:
    play = Spending()
    play.reply(play.ask("local", "own"), told)
    total = usage_of(play.log).total
    assert (str(total.input_tokens), str(total.output_tokens), str(total.usd)) == ("unknown", "unknown", "$0.00")


def test_child_conversations_are_included_and_shown_apart() -> None:
    play = Spending()
    play.reply(play.ask("boss", "small"), usage(1000, 0, cached=0))
    play.back(play.delegate("boss", Reserved(usd=2)), Reserved(calls=2, tokens=30, usd=0.5), child="d")
    play.back(play.delegate("boss"), Reserved(tokens=4, usd=0.25))
    play.back(play.delegate("boss"))
    report = usage_of(play.log)
    part = Spent(calls=2, child_tokens=Count(34), usd=Money(750_000_000))
    assert report.delegated == part
    assert (report.total.calls, report.total.tools, report.total.tokens) == (3, 3, Count(1034))
    assert report.total.usd == Money(750_100_000)
    assert report.by_agent == {"boss": report.total}
    assert report.by_model["small"].usd == Money(100_000)
    assert str(report) == (
        "3 model calls, 0 programs run, 3 tools called, 1,034 tokens, $0.7501, "
        "of which delegated 2 model calls, 34 tokens, $0.75"
    )


def test_a_child_that_does_not_say_what_it_took_is_unknown() -> None:
    play = Spending()
    play.back(play.delegate("boss"), child="d")
    total = usage_of(play.log).total
    assert total == Spent(tools=1, usd=Money(0, False), child_tokens=OPEN)
    assert str(usage_of(play.log)) == (
        "0 model calls, 0 programs run, 1 tool called, unknown tokens, "
        "of which delegated 0 model calls, unknown tokens, cost unknown"
    )
    play = Spending()
    play.fail(play.delegate("boss", Reserved(tokens=1)), "ModelUnreachable")
    assert usage_of(play.log).delegated == Spent(usd=Money(0, False), child_tokens=OPEN)
    play = Spending()
    play.back(play.delegate("boss", Reserved(tokens=1)))
    assert usage_of(play.log).delegated == Spent(usd=Money(0, False), child_tokens=OPEN)
    play = Spending()
    play.fail(play.delegate("boss"))
    assert usage_of(play.log).total == Spent(tools=1)


def test_each_call_is_priced_by_the_card_of_its_moment() -> None:
    play = Spending()
    play.reply(play.ask("boss", "small"), usage(1000, 0))
    card = agent("boss", model("small", "slow", DEAR)).model_dump(mode="json", exclude_none=True)
    play.enter(PersonaChanged(agent="boss", card=card, author="me", reason="dearer"))
    play.reply(play.ask("boss", "small"), usage(1000, 0))
    report = usage_of(play.log)
    assert (report.by_tier["fast"].usd, report.by_tier["slow"].usd) == (Money(100_000), Money(10_000_000))


def test_what_a_child_conversation_did_not_count_makes_a_lower_bound() -> None:
    play = Spending()
    call = play.delegate("boss", Reserved(tokens=90, usd=2))
    spent = Reserved(calls=2, tokens=30, usd=0.5)
    play.enter(CallFinished(call=call, result=ToolResult(ok=True, spent=spent, uncounted=("usd",))))
    total = usage_of(play.log).total
    assert (total.child_tokens, total.usd) == (Count(30), Money(nanos(0.5), False))
    assert play.ledger.account("budget", "run").taken == Amount(2, 30, nanos(0.5))


def test_a_fork_shows_apart_what_it_found_spent_and_forgets_what_was_out() -> None:
    play = Spending()
    play.reply(play.ask("boss", "small"), usage(1000, 0, cached=0))
    play.ask("boss", "small")
    play.code("boss")
    play.delegate("boss", Reserved(tokens=1))
    play.enter(Forked(parent=Position(conversation="c", seq=3), branch="b"))
    report = usage_of(play.log)
    assert report.total == report.inherited
    assert (report.total.calls, report.total.programs, report.total.tools) == (1, 0, 0)
    assert (report.total.usd, report.delegated) == (Money(100_000), Spent())
    play.reply(play.ask("boss", "small"), usage(1, 1))
    assert (usage_of(play.log).total.calls, usage_of(play.log).inherited.calls) == (2, 1)


def test_nothing_was_used() -> None:
    report = usage_of(Transcript())
    assert report == UsageReport(Spent(), {}, {}, {}, Spent(), Spent())
    assert str(report) == "0 model calls, 0 programs run, 0 tokens in, 0 out"


def test_counts() -> None:
    assert [str(count) for count in (NONE, Count(1234), Count(1234, False), OPEN)] == [
        "0",
        "1,234",
        "≥ 1,234",
        "unknown",
    ]
    assert NONE.plus(3) == Count(3)
    assert NONE.plus(3).plus(None).plus(4) == Count(7, False)


@pytest.mark.parametrize(
    ("money", "shown"),
    [
        (Money(), "$0.00"),
        (Money(12_300_000), "$0.0123"),
        (Money(12_000_000), "$0.012"),
        (Money(10_000_000, False), "≥ $0.01"),
        (Money(12_399_999, False), "≥ $0.0123"),
        (Money(12_399_999), "$0.0124"),
        (Money(1_234_500_000_000), "$1,234.50"),
        (Money(1), "< $0.0001"),
        (Money(1, False), "unknown"),
        (Money(0, False), "unknown"),
    ],
)
def test_money(money: Money, shown: str) -> None:
    assert str(money) == shown
    assert nanos(money.known) == money.nanos


def test_what_was_spent_is_short_wherever_it_is_printed() -> None:
    spent = Spent(calls=2, tools=1, input_tokens=OPEN, output_tokens=Count(7), usd=Money(12_000_000, False))
    assert str(spent) == "2 model calls, 0 programs run, 1 tool called, unknown tokens in, 7 out, ≥ $0.012"
    assert (
        repr({"ann": spent}) == "{'ann': Spent(calls=2, input_tokens=unknown, output_tokens=7, usd=≥ $0.012, tools=1)}"
    )
    assert (str(Spent()), repr(Spent())) == ("0 model calls, 0 programs run, 0 tokens in, 0 out", "Spent()")
