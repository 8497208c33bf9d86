"""What was used, in words for people. Pure. What is not known is left out or told as such, never as nothing."""

from __future__ import annotations

from agentchat.policy.spending.usage import Count, Money, Spent, UsageReport


def usage_line(usage: UsageReport) -> str:
    """Calls, programs, tools, tokens and money; by tier where there are several."""
    total = usage.total
    parts = [many(total.calls, "model call"), f"{many(total.programs, 'program')} run"]
    parts += [f"{many(total.tools, 'tool')} called"] if total.tools else []
    if total.calls:
        parts += [_tokens(total), *_cost(total.usd)]
    told = ", ".join(parts)
    if usage.delegated != Spent():
        child = usage.delegated
        inside = [many(child.calls, "model call"), f"{_count(child.tokens)} tokens", *_cost(child.usd)]
        told += f" (of which delegated: {', '.join(inside)})"
    if usage.inherited != Spent():
        before = usage.inherited
        told += f" (of which before the fork: {many(before.calls, 'model call')}, {many(before.programs, 'program')})"
    if len(usage.by_tier) > 1:
        tiers = (
            f"{tier} {', '.join([many(spent.calls, 'call'), *_cost(spent.usd)])}"
            for tier, spent in sorted(usage.by_tier.items())
        )
        told += f" ({'; '.join(tiers)})"
    return told


def many(count: int, what: str) -> str:
    """`1 call`, `2 calls`."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _tokens(spent: Spent) -> str:
    into, out = spent.input_tokens, spent.output_tokens
    if spent.child_tokens != Count():  # nobody knows what of them went in, and what came out
        return f"{_count(spent.tokens)} tokens"
    if not (into.complete or into.known or out.complete or out.known):
        return "tokens not reported"
    return f"{_count(into)} tokens in, {_count(out)} out"


def _count(count: Count) -> str:
    return str(count).replace("≥", "at least")


def _cost(money: Money) -> list[str]:
    """Dollars; nothing where no price is known, such as that of a server of one's own."""
    shown = str(money)
    return [] if shown == "unknown" else [shown.replace("≥", "at least")]
