"""What pydantic finds wrong, in a line; and the base of settings, whose faults are told so wherever they come from."""

from __future__ import annotations

from typing import Self

from pydantic import ModelWrapValidatorHandler, ValidationError, model_validator

from agentchat.errors import ConfigurationError
from agentchat.transcript.frozen import Frozen


def findings(error: ValidationError) -> list[str]:
    """What pydantic found, each with its place: "lines.0.count: Input should be a valid integer"."""
    return [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]


class Told(Frozen):
    """A model of settings: where it is read, too, what does not fit raises ConfigurationError, in one line."""

    @model_validator(mode="wrap")
    @classmethod
    def _in_one_line(cls, given: object, make: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return make(given)
        except ValidationError as error:
            raise ConfigurationError(cls._told(error)) from None
