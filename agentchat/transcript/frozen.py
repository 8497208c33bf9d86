"""The base of everything that is written down. What a program gives that does not fit is told in one line."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import Parameter, Signature, signature
from operator import is_
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError

from agentchat.errors import ConfigurationError


class _Signature:
    """What a class is called with, as `help` shows it: its values and their types, without what pydantic knows more."""

    def __get__(self, made: object, kind: type[Frozen]) -> Signature:
        if made is not None:
            raise AttributeError("an object of this class cannot be called")
        own = [one for one in signature(kind.__init__).parameters.values() if one.name not in ("self", "given")]
        return Signature(own if kind.__pydantic_custom_init__ else kind._parameters())


class Frozen(BaseModel):
    """The base of everything that is written down: immutable, and unknown fields are an error.

    Infinity and not-a-number are errors too: JSON has no word for them, so they would read back as something else.
    A field that may be None defaults to it, for None is not written. Which fields were given is not remembered: all
    count as given.

    What a program gives by name and does not fit raises ConfigurationError, in one line; what is read, pydantic's
    ValidationError, for whoever reads knows the place.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    # A set for each object would be a quarter of the memory of a transcript. `is_` is called in place of keeping it: it
    # takes two arguments, has no effect, and is no function of Python's own language, which would take time.
    __pydantic_fields_set__ = property(lambda self: set(type(self).model_fields), is_)  # type: ignore[arg-type]

    @classmethod
    def __pydantic_init_subclass__(cls, **given: object) -> None:
        cls.__signature__ = _Signature()  # type: ignore[assignment]  # made when asked for, as pydantic's own is

    def __init__(self, /, *unnamed: object, **given: Any) -> None:
        """Raises ConfigurationError, in one line, for what does not fit."""
        if unnamed:
            named = ", ".join(f"{name}=..." for name in self._names())
            raise TypeError(f"{type(self).__name__} takes its values by name: {type(self).__name__}({named})")
        try:
            self.__pydantic_validator__.validate_python(given, self_instance=self)
        except ValidationError as error:
            raise ConfigurationError(self._told(error)) from None

    # As pydantic's own: what is read is made without it, so that reading costs what it did.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @classmethod
    def _told(cls, error: ValidationError) -> str:
        """All that pydantic found, in one line."""
        return "; ".join(cls._problem(one) for one in error.errors(include_url=False))

    @classmethod
    def _problem(cls, one: Mapping[str, Any]) -> str:
        """One finding of pydantic in words of ours."""
        place = ".".join(str(step) for step in one["loc"])
        if one["type"] == "extra_forbidden":
            return f"{cls.__name__} takes no {place!r} (it takes: {', '.join(cls._names())})"
        if one["type"] == "missing":
            return f"{cls.__name__} needs {place}="
        given = f"{cls.__name__}({place}={repr(one['input'])[:80]})" if place else f"{cls.__name__}()"
        return f"{given}: {one['msg'].removeprefix('Value error, ')}"

    @classmethod
    def _names(cls) -> list[str]:
        """The fields that a program gives: not the one that says of which kind it is, which can be but one word."""
        return [name for name, field in cls.model_fields.items() if not _is_one_word(field.annotation)]

    @classmethod
    def _parameters(cls) -> list[Parameter]:
        """The same, with their types and defaults; those that must be given first."""
        fields = [(name, cls.model_fields[name]) for name in cls._names()]
        found = [
            Parameter(
                name,
                Parameter.KEYWORD_ONLY,
                annotation=field.annotation,
                default=Parameter.empty if field.is_required() else field.get_default(call_default_factory=True),
            )
            for name, field in fields
        ]
        return sorted(found, key=lambda one: one.default is not Parameter.empty)


def _is_one_word(annotation: object) -> bool:
    return get_origin(annotation) is Literal and len(get_args(annotation)) == 1
