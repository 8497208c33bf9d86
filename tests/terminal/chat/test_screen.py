"""What is printed above the prompt: many rows at once are printed as they would be one by one."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from agentchat.terminal.chat.screen import Screen

texts = st.text(st.characters(exclude_categories=("C", "Z")) | st.just(" "), max_size=200)
styles = st.sampled_from(("", "bold", "red on blue", "dim italic"))


@st.composite
def rows(draw: st.DrawFn) -> Text:
    row = Text(draw(texts), style=draw(styles))
    row.append(draw(texts), style=draw(styles))
    kind = draw(st.sampled_from(("wrapped", "cut", "as it is")))
    if kind != "wrapped":
        row.no_wrap, row.overflow = True, "ellipsis" if kind == "cut" else "ignore"
    return row


def shown(screen: Screen, *some: Text) -> str:
    screen.add(*(row.copy() for row in some))
    return screen.rendered()


@given(st.lists(rows(), max_size=6))
def test_rows_printed_together_are_what_they_are_one_by_one(some: list[Text]) -> None:
    screen = Screen(io.StringIO())
    assert shown(screen, *some) == "".join(shown(screen, row) for row in some)


def test_what_has_arrived_is_put_into_rows_once_when_it_is_shown() -> None:
    stream = io.StringIO()
    screen = Screen(stream)
    settled: list[str] = []

    def settle() -> None:
        settled.append("now")
        screen.add(Text("one\ntwo"))

    screen.expect(settle)
    screen.expect(settle)
    assert not settled
    screen.flush()
    assert settled == ["now"]
    assert stream.getvalue() == "one\ntwo\n"
    screen.flush()
    assert settled == ["now"]
