"""What a service's refusals mean: status, headers and error objects in, one ModelError out. Pure; no client in here.

Every message goes through `Service.clean`: known secrets are taken out, control characters dropped, length bounded.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple
from urllib.parse import urljoin

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
from agentchat.models.error_words import codes_of, error_in, wait_of, words_of
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


_TOO_LONG: Final = re.compile(
    "context[_ ](?:length|size|window)|(?:prompt|input|request) is too long|token count|reduce the length"
)
"""What is said of a request with more tokens than the model takes."""
_FORM: Final = frozenset({400, 422, 501})
"""Statuses of servers that do not know a field of a request, or not two of them together."""
_OTHER: Final = re.compile("content[_ ](?:filter|policy)|api[_ ]key|quota|billing|model_not_found")
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
        where = service.clean(_base(service.address, headers.get("location", "")))
        return ModelRejected(f"{service.address} redirects to {where} ({status}): use that as the base URL")
    try:
        data = from_json(body)
    except ValueError:
        data = body
    error = error_in(data)
    wait = retry_after(headers)
    return _for_number(service, status, wait_of(error) if wait is None else wait, error)


def _base(address: str, location: str) -> str:
    """The base URL that a redirect leads to."""
    try:
        where = urljoin(address, location.strip()) if location.strip() else "another address"
    except ValueError:
        where = location
    return where.partition("?")[0].removesuffix("/chat/completions").removesuffix("/responses")


def from_error_object(service: Service, error: object) -> ModelError:
    """The error that an `error` object inside an answer with status 200 stands for. An unknown one may be retried."""
    error = error_in(error)
    words = codes_of(error)
    for word in words:
        if word.isascii() and word.isdigit() and 400 <= int(word[:9]) <= 599:
            return _for_number(service, int(word), wait_of(error), error)
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
    if status == 429 and "insufficient_quota" in codes_of(error):
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
    if status == 402:
        return ModelRejected(f"the account at {where} has no money left (402): check its balance{said}")
    if status == 405:
        return ModelRejected(f"{where} takes no such requests; is it the base URL? Most end in /v1 (405){said}")
    told = " ".join((*codes_of(error), said)).lower()
    if status == 413 or (status in _FORM and _TOO_LONG.search(told)):
        return ModelRejected(
            f"the request is too long for {service.model!r} at {where} ({status}): set the model's window, and what "
            f"came before is summed up in time{said}"
        )
    kind = ModelRejected if status not in _FORM or _OTHER.search(told) else ModelUnsupported
    return kind(f"{where} does not accept the request for {service.model!r} ({status}){said}")


_PLAIN_HTTP: Final = re.compile("WRONG_VERSION_NUMBER|RECORD_LAYER_FAILURE")
"""What OpenSSL (up to and from 3.2) says of a server that does not speak TLS."""


def unreachable(service: Service, detail: str) -> ModelUnreachable:
    """No connection could be made; says what to do."""
    if _PLAIN_HTTP.search(detail):
        advice = "it does not speak TLS there; write http:// in place of https://"
    elif "CERTIFICATE_VERIFY_FAILED" in detail:
        advice = "its certificate is not trusted here; name that of who signed it in SSL_CERT_FILE"
    elif is_loopback(service.address):
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
    said = service.clean(words_of(error))
    return f". It says: {said}" if said else ""
