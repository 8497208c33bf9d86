"""A name that is not known is told with the nearest that is."""

from __future__ import annotations

from typing import Any, cast

import pytest

from agentchat.policy.naming import words


class Tea:
    @words(sugar="sweet=")
    def __init__(self, kind: str, *, sweet: bool = False) -> None:
        self.kind, self.sweet = kind, sweet


@pytest.mark.parametrize(
    ("keyword", "told"),
    [
        ("sugar", "Tea takes no 'sugar'; here it is sweet= (it takes: kind, sweet)"),
        ("swet", "Tea takes no 'swet'; did you mean 'sweet'? (it takes: kind, sweet)"),
        ("milk", "Tea takes no 'milk' (it takes: kind, sweet)"),
    ],
)
def test_an_unknown_keyword_is_told_the_word_to_use(keyword: str, told: str) -> None:
    with pytest.raises(TypeError) as raised:
        cast(Any, Tea)("green", **{keyword: True})
    assert str(raised.value) == told


def test_what_is_known_is_handed_on() -> None:
    tea = Tea("green", sweet=True)
    assert (tea.kind, tea.sweet) == ("green", True)
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'kind'"):
        cast(Any, Tea)()
