"""What pydantic finds wrong, in a line; and the base of settings that a program gives, whose faults are told so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import ModelWrapValidatorHandler, ValidationError, model_validator

from agentchat.errors import ConfigurationError
from agentchat.transcript.messages import Frozen


def findings(error: ValidationError) -> list[str]:
    """What pydantic found, each with its place: "lines.0.count: Input should be a valid integer"."""
    return [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]


class Told(Frozen):
    """A model of settings. Raises ConfigurationError for what does not fit, all of it in one line."""

    @model_validator(mode="wrap")
    @classmethod
    def _in_one_line(cls, given: object, make: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return make(given)
        except ValidationError as error:
            raise ConfigurationError("; ".join(cls._problem(one) for one in error.errors())) from None

    @classmethod
    def _problem(cls, one: Mapping[str, Any]) -> str:
        """One finding of pydantic in words of ours."""
        place = ".".join(str(step) for step in one["loc"])
        if one["type"] == "extra_forbidden":
            return f"{cls.__name__} has no setting {place!r} (there are: {', '.join(cls.model_fields)})"
        given = f"{cls.__name__}({place}={one['input']!r})" if place else f"{cls.__name__}()"
        return f"{given}: {one['msg']}"
