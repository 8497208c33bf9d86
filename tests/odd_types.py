"""Message types that do not read their own dump as it stands."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict, Field, computed_field, field_serializer


class Renamed(BaseModel):
    """It reads by one name and writes by another."""

    name: str = Field(validation_alias="read_as", serialization_alias="written_as")


class Computed(BaseModel):
    """Its dump holds a field that it forbids."""

    model_config = ConfigDict(extra="forbid")

    half: int

    @computed_field  # type: ignore[prop-decorator]  # pydantic's own way to write it
    @property
    def whole(self) -> int:
        return 2 * self.half


class Dated(BaseModel):
    """It writes a date as it reads none."""

    day: date

    @field_serializer("day")
    def written(self, day: date) -> str:
        return day.strftime("%d.%m.%Y")
