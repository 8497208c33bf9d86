"""What stands inside a fence is not said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentchat.policy.fences import outside_fences

signs = st.characters(codec="utf-8", exclude_characters="`~")
plain = st.text(signs, max_size=30)
prefixes = st.sampled_from(("", "  ", "> ", "- ", "12. ", "\t", "> > ", "* "))
fences = st.sampled_from(("```", "````", "~~~", "~~~~~"))
infos = st.sampled_from(("", "python", " sh", "py title=x"))
ends = st.sampled_from(("\n", "\r\n"))


@given(st.text(signs))
def test_text_without_a_fence_is_left_alone(text: str) -> None:
    assert outside_fences(text) == text


@given(st.text(st.sampled_from("`~ab \n>-\r"), max_size=60))
def test_nothing_is_made_up(text: str) -> None:
    kept = outside_fences(text)
    rest = iter(text)
    assert all(sign in rest for sign in kept)
    assert kept.count("\n") <= text.count("\n")


@given(plain, prefixes, fences, infos, st.lists(plain.map(lambda text: f"SECRET{text}"), max_size=3), ends, plain)
def test_nothing_inside_a_block_comes_out(
    before: str, prefix: str, fence: str, info: str, lines: list[str], end: str, after: str
) -> None:
    block = end.join(
        [f"{prefix}{fence}{info}", *lines, f"{prefix.replace('-', ' ').replace('*', ' ').replace('12.', '   ')}{fence}"]
    )
    kept = outside_fences(f"{before}\n{block}{end}{after}")
    assert "SECRET" not in kept
    assert kept == f"{before}\n{after}"


@given(plain, fences, st.lists(plain, max_size=3))
def test_a_block_that_is_never_closed_runs_to_the_end(before: str, fence: str, lines: list[str]) -> None:
    assert outside_fences("\n".join([before, fence, *lines])) == before


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a ```x``` b", "a  b"),
        ("a ```x``` b ```y``` c", "a  b  c"),
        ("```x``` b", " b"),
        ("a ````x```y```` b", "a  b"),
        ("a ````x``` b", "a ````x``` b"),
        ("a ```x b", "a ```x b"),
        ("a ``x`` b ```y", "a ``x`` b ```y"),
        ("```\nx\n````\nb", "b"),
        ("````\nx\n```\ny\n````\nb", "b"),
        ("```\nx\n~~~\ny\n```\nb", "b"),
        ("~~~ a`b\nx\n~~~\nb", "b"),
        ("```py\nx\n``` not closed\ny\n```\nb", "b"),
        ("1) ```\nx\n   ```\nb", "b"),
        ("~~strike~~ ~~~", "~~strike~~ ~~~"),
        ("```py\r\nx\r\n```\r\nb", "b"),
    ],
)
def test_fences_as_models_write_them(text: str, kept: str) -> None:
    assert outside_fences(text) == kept


@pytest.mark.parametrize(
    "text",
    ["a" + "`" * 200_000 + "b", "a```" * 50_000, " " * 200_000 + "a```", "".join("`" * n + "a" for n in range(3, 600))],
)
def test_long_lines_are_read_once(text: str) -> None:
    assert len(outside_fences(text)) <= len(text)
