"""What pydantic finds wrong, in a line."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ValidationError

from agentchat.policy.told import findings


class Line(BaseModel):
    count: int


class Order(BaseModel):
    lines: list[Line]


def test_each_finding_has_its_place() -> None:
    with pytest.raises(ValidationError) as caught:
        Order.model_validate({"lines": [{"count": "x"}, {}]})
    assert findings(caught.value) == [
        "lines.0.count: Input should be a valid integer, unable to parse string as an integer",
        "lines.1.count: Field required",
    ]
