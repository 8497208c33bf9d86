"""From the annotations of a function to a JSON schema, and from JSON back to what the function takes."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Annotated, Any, Final, cast, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, JsonValue, create_model
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import PydanticSerializationError, core_schema, to_json

from agentchat.errors import ConfigurationError, ToolError
from agentchat.seams import ToolCallContext
from agentchat.tools.callables import Callee
from agentchat.tools.results import as_json
from agentchat.transcript.calls import JsonObject

_WORDS: Final = {
    inspect.Parameter.POSITIONAL_ONLY: "can only be given by position; take the `/` away",
    inspect.Parameter.VAR_POSITIONAL: "stands for any number of values; take a list instead",
    inspect.Parameter.VAR_KEYWORD: "stands for any names; take a dict or a model instead",
}


class Parameters:
    """The parameters of a function as a model sees them. `schema` is their JSON schema; `names` are in order."""

    def __init__(self, callee: Callee, described: Mapping[str, str]) -> None:
        self._context: list[str] = []
        self._fields: dict[str, str] = {}
        unfilled: set[str] = set()
        fields: dict[str, tuple[object, object]] = {}
        for parameter in callee.parameters:
            hint = _hint(callee, parameter)
            if _is_context(hint):
                self._context.append(parameter.name)
                continue
            # a field of its own name would clash with what a model has: schema, copy, _private
            field = f"p{len(fields)}"
            self._fields[field] = parameter.name
            default: object = parameter.default
            if not (default is parameter.empty or isinstance(default, FieldInfo)):
                unfilled.add(field)  # the function does so itself
            fields[field] = (_field(hint, parameter.name, described.get(parameter.name)), default)
        self._model, self.schema = _built(callee, fields)
        self._filled = {name for name, info in self._model.model_fields.items() if not info.is_required()} - unfilled
        self.names = tuple(cast("JsonObject", self.schema["properties"]))
        if len(self.names) < len(fields):
            raise ConfigurationError(f"tool {callee.called}: two of its parameters have the same alias")

    def read(self, arguments: JsonObject, context: ToolCallContext | None) -> dict[str, object]:
        """The arguments as the function takes them; what was not given is left to its own defaults.

        Raises ValidationError, and whatever a validator of the user's raises by mistake.
        """
        model = self._model.model_validate_json(to_json(arguments))
        given = model.model_fields_set | self._filled
        found = {name: getattr(model, field) for field, name in self._fields.items() if field in given}
        return found if context is None else {**found, **dict.fromkeys(self._context, context)}


class _ToolSchema(GenerateJsonSchema):
    """No titles, for they repeat the names; no fields beyond those that are named; no defaults that say nothing."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012  # declared so by pydantic

    def field_title_should_be_set(self, schema: object) -> bool:
        return False

    def generate(self, schema: core_schema.CoreSchema, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        found = super().generate(schema, mode)
        for name, one in found.get("$defs", {}).items():
            if "enum" in one and one.get("title") == name:  # given late, by the class itself
                del one["title"]
        return found

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        return _closed(_untitled(super().model_schema(schema), schema["cls"]))

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        return _closed(_untitled(super().dataclass_schema(schema), schema["cls"]))

    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> JsonSchemaValue:
        return _closed(_untitled(super().typed_dict_schema(schema), schema.get("cls")))

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        found = super().default_schema(schema)
        if found.get("default") is None:  # what may be left out need not be told to be null
            found.pop("default", None)
        return found

    def encode_default(self, dft: object) -> JsonValue:
        try:
            return as_json(super().encode_default(dft), "")
        except (ToolError, UnicodeDecodeError) as error:  # infinity, half a surrogate pair, bytes: what cannot be told
            raise PydanticSerializationError(str(error)) from None


def _closed(schema: JsonSchemaValue) -> JsonSchemaValue:
    if "properties" in schema:
        schema.setdefault("additionalProperties", False)
    return schema


def _untitled(schema: JsonSchemaValue, cls: type | None) -> JsonSchemaValue:
    """Without the title that is only the name of the class; one that someone chose stays."""
    if cls is not None and schema.get("title") == cls.__name__:
        del schema["title"]
    return schema


def _hint(callee: Callee, parameter: inspect.Parameter) -> object:
    where = f"tool {callee.called}, parameter {parameter.name}"
    if parameter.kind in _WORDS:
        raise ConfigurationError(f"{where}: it {_WORDS[parameter.kind]}")
    if parameter.name not in callee.hints:
        bound = "; make a tool of the method of an object: tool(thing.method)" if parameter.name == "self" else ""
        raise ConfigurationError(f"{where}: it has no annotation, so a model cannot be told what to give{bound}")
    return callee.hints[parameter.name]


def _is_context(hint: object) -> bool:
    if get_origin(hint) is Annotated or type(None) in get_args(hint):
        return any(_is_context(one) for one in get_args(hint))
    return hint is ToolCallContext


def _field(hint: object, name: str, description: str | None) -> object:
    """The annotation under the parameter's name, with what the docstring says of it.

    What the annotation itself has to say of either wins, for it comes later.
    """
    inner, *notes = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    return Annotated[(inner, Field(alias=name, description=description), *notes)]


def _built(callee: Callee, fields: dict[str, tuple[object, object]]) -> tuple[type[BaseModel], JsonObject]:
    """The fields as a model, and its schema. Raises ConfigurationError that names the parameter at fault."""
    definitions: dict[str, Any] = {
        # alone, for an annotation may hold a default of its own
        field: hint if default is inspect.Parameter.empty else (hint, default)
        for field, (hint, default) in fields.items()
    }
    try:
        # whatever pydantic does with an annotation it cannot use: it raises half a dozen kinds of errors
        model = create_model("Arguments", __config__=ConfigDict(extra="forbid"), **definitions)
        return model, model.model_json_schema(schema_generator=_ToolSchema)
    except Exception as error:
        if len(fields) > 1:
            for field, made in fields.items():
                _built(callee, {field: made})
        names = ", ".join(get_args(hint)[1].alias for hint, _ in fields.values())
        reason = str(error).strip().partition("\n")[0]
        raise ConfigurationError(
            f"tool {callee.called}, parameter {names}: a model cannot be told of this type ({reason}); "
            "use plain types, a pydantic model, or leave the parameter out with functools.partial"
        ) from None
