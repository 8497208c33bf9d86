"""What a service's refusals mean: status, headers and error objects in, one ModelError out. Pure; no client in here.

Every message goes through `Service.clean`: known secrets are taken out, control characters dropped, length bounded.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

from pydantic_core import from_json

from agentchat.errors import (
    ModelBusy,
    ModelError,
    ModelRejected,
    ModelServerError,
    ModelTimeout,
    ModelUnreachable,
    ModelUnsupported,
)
from agentchat.models.forbid import is_loopback

LONGEST_WAIT: Final = 600.0
"""Seconds: a longer Retry-After counts as this. Ten minutes is past every per-minute limit; a day would only hang."""

SHOWN: Final = 400
"""Characters of a server's own words that a message of ours may hold."""


_FINAL: Final = (
    *("invalid", "not_found", "permission", "authentication", "context_length"),
    *("policy", "unsupported", "mismatch", "image_"),
)
"""Parts of error codes that another try would meet again; those of the second line are the Responses API's."""


_FORM: Final = frozenset({400, 422, 501})
"""Statuses of servers that do not know a field of a request, or not two of them together."""
_OTHER: Final = re.compile(
    "context[_ ](?:length|size|window)|content[_ ](?:filter|policy)|api[_ ]key|quota|billing|model_not_found"
)
"""What such a status says that has other reasons, which another form of the request would meet again."""


class Service(NamedTuple):
    """Whom we talk to, for messages: the model, the address, and the secrets that no message may show."""

    model: str
    address: str
    secrets: tuple[str, ...] = ()
    key_held_back: bool = False

    def clean(self, text: str) -> str:
        """A server's words, fit for a message of ours."""
        for secret in self.secrets:
            if secret:
                text = text.replace(secret, "[key]")
        text = mend(" ".join(text[: SHOWN * 4].split()))
        text = "".join(character for character in text if character.isprintable())
        return text if len(text) <= SHOWN else text[:SHOWN] + "..."


def mend(text: str) -> str:
    """The text with every lone surrogate replaced by U+FFFD; the halves of a pair are joined."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def from_status(service: Service, status: int, headers: Mapping[str, str], body: str) -> ModelError:
    """The error that an HTTP status other than 2xx stands for."""
    if 300 <= status < 400:
        where = service.clean(headers.get("location", "another address"))
        return ModelRejected(f"{service.address} redirects to {where} ({status}): use that as the base URL")
    try:
        data = from_json(body)
    except ValueError:
        data = body
    error = data.get("error", data) if isinstance(data, dict) else data
    return _for_number(service, status, retry_after(headers), error)


def from_error_object(service: Service, error: object) -> ModelError:
    """The error that an `error` object inside an answer with status 200 stands for. An unknown one may be retried."""
    words = _words(error)
    for word in words:
        if word.isascii() and word.isdigit() and 400 <= int(word[:9]) <= 599:
            return _for_number(service, int(word), None, error)
    text = f"{service.address} broke off with an error{_said(service, error)}"
    kinds = " ".join(words)
    if "insufficient_quota" in words:
        return ModelRejected(text)
    if any(kind in kinds for kind in ("rate_limit", "too_many_requests", "resource_exhausted")):
        return ModelBusy(text)
    if any(kind in kinds for kind in _FINAL):
        return ModelRejected(text)
    return ModelServerError(text)


def _for_number(service: Service, status: int, wait: float | None, error: object) -> ModelError:
    said = _said(service, error)
    where = service.address
    if status == 429 and "insufficient_quota" in _words(error):
        # To try again would only use up the attempts.
        return ModelRejected(f"the account at {where} has no quota left (429): check its billing{said}")
    if status == 429:
        return ModelBusy(f"{where} takes no more requests for now (429){said}", retry_after=wait)
    if status == 408:
        return ModelTimeout(f"{where} gave up waiting (408){said}", retry_after=wait)
    if status >= 500 and status not in _FORM:
        return ModelServerError(f"{where} failed ({status}){said}", retry_after=wait)
    if status == 401 and service.key_held_back:
        return ModelRejected(
            f"{where} asks for a key (401). OPENAI_API_KEY goes only to api.openai.com or to the address in "
            f"OPENAI_BASE_URL: set that too, or give the model its own api_key{said}"
        )
    if status == 401:
        return ModelRejected(f"{where} does not accept the key (401): check OPENAI_API_KEY or the given api_key{said}")
    if status == 403:
        return ModelRejected(f"{where} forbids this (403): check what the key may do, and {service.model!r}{said}")
    if status == 404:
        return ModelRejected(
            f"{where} has no model {service.model!r}, or the base URL is wrong: most end in /v1 (404){said}"
        )
    told = " ".join((*_words(error), said)).lower()
    kind = ModelRejected if status not in _FORM or _OTHER.search(told) else ModelUnsupported
    return kind(f"{where} does not accept the request for {service.model!r} ({status}){said}")


def unreachable(service: Service, detail: str) -> ModelUnreachable:
    """No connection could be made; says what to do."""
    if is_loopback(service.address):
        advice = "start the local server, or check the port"
    else:
        advice = "check the address, the network and the proxy settings"
    return ModelUnreachable(f"no connection to {service.address} ({service.clean(detail)}): {advice}")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait as the server names them, between 0 and LONGEST_WAIT; None where it names none.

    Reads `retry-after-ms`, then `Retry-After` in seconds or as an HTTP date (RFC 9110, section 10.2.3). A date is
    measured from the server's own `Date` where it sent one, so that a wrong local clock does no harm.
    """
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) / unit
        except ValueError:
            continue
        if seconds == seconds:  # not NaN
            return min(max(seconds, 0.0), LONGEST_WAIT)
    until = _date(headers.get("retry-after"))
    if until is None:
        return None
    now = _date(headers.get("date"))
    return min(max(until - (time.time() if now is None else now), 0.0), LONGEST_WAIT)


def _date(text: str | None) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except (ValueError, OverflowError):
        return None


def _said(service: Service, error: object) -> str:
    """What the server says, as the end of a message."""
    message = error.get("message", error.get("detail")) if isinstance(error, dict) else error
    said = service.clean(message) if isinstance(message, str) else ""
    return f". It says: {said}" if said else ""


def _words(error: object) -> list[str]:
    """The codes of an error object, lower case."""
    fields = error if isinstance(error, dict) else {}
    return [str(fields.get(name, "")).lower() for name in ("code", "status", "type")]
