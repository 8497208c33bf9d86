"""Whether a text is a date, a time, a moment or a UUID as pydantic reads them from JSON. No clock: only their forms.

Pydantic takes a little more than RFC 3339: a space or `_` for the T, no zone, no seconds, a comma before the fraction,
and a bare number as seconds since 1970. Whoever checks for it must take these too.
"""

from __future__ import annotations

import re
from typing import Final

_DATE: Final = r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
_TIME: Final = (
    r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,][0-9]+)?)?"
    r"(?:[Zz]|[+\-\u2212](?P<zone>[0-9]{2}):?(?P<quarter>[0-9]{2}))?"
)
_DAY: Final = re.compile(_DATE)
_CLOCK: Final = re.compile(_TIME)
_MOMENT: Final = re.compile(f"{_DATE}[Tt _]{_TIME}")
_SECONDS: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?")
_UUID: Final = re.compile(
    r"(?i:[0-9a-f]{32}|(?P<open>\{|(?-i:urn:uuid:))?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?P<close>\})?)"
)
_MONTHS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_date(text: str) -> bool:
    """`2026-02-28`: a day that there is."""
    found = _DAY.fullmatch(text)
    return _day(found) if found else _SECONDS.fullmatch(text) is not None


def is_time(text: str) -> bool:
    """`12:30`, `12:30:59.5`, `12:30Z`, `12:30+05:30`."""
    found = _CLOCK.fullmatch(text)
    return found is not None and _clock(found)


def is_moment(text: str) -> bool:
    """A date, one of `T`, `t`, space and `_`, a time."""
    found = _MOMENT.fullmatch(text)
    return _day(found) and _clock(found) if found else _SECONDS.fullmatch(text) is not None


def is_uuid(text: str) -> bool:
    """32 hexadecimal digits, plain or in groups; the groups also in braces or behind `urn:uuid:`."""
    found = _UUID.fullmatch(text)
    return found is not None and (found["open"] == "{") == (found["close"] is not None)


def _day(found: re.Match[str]) -> bool:
    year, month, day = (int(found[part]) for part in ("year", "month", "day"))
    if year == 0 or not 1 <= month <= 12 or not 1 <= day <= _MONTHS[month - 1]:
        return False
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return (month, day) != (2, 29) or leap


def _clock(found: re.Match[str]) -> bool:
    limits = (("hour", 23), ("minute", 59), ("second", 59), ("zone", 23), ("quarter", 59))
    return all(int(found[part] or 0) <= limit for part, limit in limits)
