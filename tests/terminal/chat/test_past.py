"""The conversations that a chat can go on with: in order, with what they took, and the latest of them."""

from __future__ import annotations

import anyio

from agentchat import Assistant, Conversation, MaxTurns, ScriptedModel
from agentchat.catalogue.listing import family
from agentchat.stores.memory import MemoryStore
from agentchat.terminal.chat.past import MOST, items_of, kept_in, latest_in, titled


def test_a_list_says_age_turns_and_cost_and_moves_branches_in() -> None:
    store = MemoryStore()
    model = ScriptedModel(["Cats sleep.", "Dogs do.", "Fish swim."])
    chat = Conversation([Assistant("ann", model=model)], until=MaxTurns(1), store=store)

    async def hold() -> None:
        await chat.run("tell me of cats", id="cats")
        await chat.run("tell me of fish", id="fish")
        await chat.fork("cats", at=2, say="and of dogs", name="dogs")

    anyio.run(hold)
    kept = anyio.run(kept_in, store)
    newest = kept.rows[1].at
    items = items_of(kept.rows, newest + 7200)
    assert [(item.label, item.detail, item.value) for item in items] == [
        ("tell me of cats", "2 h ago · 1 turn · cost unknown · ann · cats", "cats"),
        ("⑂ and of dogs", "2 h ago · 1 turn · cost unknown · cats.dogs", "cats.dogs"),
        ("tell me of fish", "2 h ago · 1 turn · cost unknown · ann · fish", "fish"),
    ]
    assert anyio.run(latest_in, store) == "cats.dogs"
    assert [row.id for row in anyio.run(family, store, "cats.dogs")] == ["cats", "cats.dogs"]
    assert [row.id for row in anyio.run(family, store, "fish")] == ["fish"]
    assert anyio.run(family, store, "birds") == []


def test_a_list_that_is_cut_off_says_so() -> None:
    kept = anyio.run(kept_in, MemoryStore())
    assert titled("Go on with", kept) == "Go on with"
    assert titled("Go on with", kept._replace(total=MOST + 1)) == (
        f"Go on with (the newest {MOST} of {MOST + 1}; /resume ID takes any)"
    )
    assert anyio.run(latest_in, MemoryStore()) is None
