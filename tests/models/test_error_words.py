"""What services say when they refuse, in the shapes that they have been seen to use."""

from __future__ import annotations

import json

import pytest

from agentchat.errors import ModelBusy, ModelError, ModelRejected, ModelServerError, ModelUnsupported
from agentchat.models.http_errors import Service, from_error_object, from_status

SERVICE = Service("m", "https://host.example/v1", ("sk-secret",))

RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}
EXTRA = {"type": "extra_forbidden", "loc": ["body", "stop"], "msg": "Extra inputs are not permitted", "input": 1}


def failure(status: int, body: object, headers: dict[str, str] | None = None) -> ModelError:
    return from_status(SERVICE, status, headers or {}, body if isinstance(body, str) else json.dumps(body))


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (400, [{"error": {"code": 400, "message": "API key not valid."}}], ModelRejected, "API key not valid."),
        (422, {"detail": [EXTRA, EXTRA]}, ModelUnsupported,
         "body.stop: Extra inputs are not permitted; body.stop: Extra inputs are not permitted"),
        (422, {"object": "error", "message": {"detail": [EXTRA]}}, ModelUnsupported,
         "body.stop: Extra inputs are not permitted"),
        (400, {"errors": [{"code": 5007, "message": "No such model"}], "success": False}, ModelUnsupported,
         "No such model"),
        (400, {"error": None, "message": "what is this"}, ModelUnsupported, "what is this"),
        (400, {"error": {"message": "Provider returned error", "metadata": {"raw": '{"error":{"message":"no"}}'}}},
         ModelUnsupported, "Provider returned error: no"),
        (400, {"error": {"message": "Provider returned error", "metadata": {"raw": "{no"}}},
         ModelUnsupported, "Provider returned error: {no"),
        (400, {"error": {"error": {"message": "inner"}}}, ModelUnsupported, "inner"),
        (502, "<html><head><title>502 Bad Gateway</title><style>b{}</style></head><h1>sorry</h1></html>",
         ModelServerError, "502 Bad Gateway sorry"),
        (400, "a < b", ModelUnsupported, "a < b"),
        (402, {"error": {"message": "Insufficient Balance"}}, ModelRejected, "Insufficient Balance"),
    ],
)  # fmt: skip
def test_what_a_service_says_is_told(status: int, body: object, kind: type[ModelError], said: str) -> None:
    error = failure(status, body)
    assert type(error) is kind
    assert str(error).partition(" It says: ")[2] == said


@pytest.mark.parametrize("body", ["", "[]", "{}", "7", '{"error":[]}', '{"error":{"message":{"a":1}}}', "[" * 9000])
def test_what_says_nothing_is_no_failure_of_ours(body: str) -> None:
    assert len(str(failure(400, body))) < 600


def test_words_without_end_are_not_walked() -> None:
    deep: object = "x"
    for _ in range(100):
        deep = {"message": deep}
    assert "It says" not in str(failure(400, {"error": deep}))


@pytest.mark.parametrize(("headers", "wait"), [({}, 34.0), ({"retry-after": "3"}, 3.0)])
def test_the_wait_that_google_puts_into_the_error(headers: dict[str, str], wait: float) -> None:
    error = failure(429, [{"error": {"code": 429, "message": "quota", "details": ["?", RETRY]}}], headers)
    assert type(error) is ModelBusy
    assert error.retry_after == wait


@pytest.mark.parametrize("delay", ["soon", "1e9s", "-1s", 7, None])
def test_a_wait_that_is_none(delay: object) -> None:
    assert failure(429, {"error": {"details": [{"retryDelay": delay}]}}).retry_after is None


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "prompt is too long: 208310 tokens > 200000 maximum"),
        (400, "This model's maximum context length is 8192 tokens."),
        (400, "The input token count (9) exceeds the maximum number of tokens allowed (8)."),
        (413, "Payload Too Large"),
    ],
)
def test_a_conversation_that_is_too_long_says_what_to_do(status: int, said: str) -> None:
    error = failure(status, {"error": {"message": said}})
    assert type(error) is ModelRejected
    assert "set the model's window" in str(error)
    assert said in str(error)


@pytest.mark.parametrize(
    ("status", "advice"), [(402, "check its balance"), (405, "Most end in /v1"), (404, "most end in /v1")]
)
def test_what_to_do(status: int, advice: str) -> None:
    assert advice in str(failure(status, {}))


@pytest.mark.parametrize(
    ("location", "base"),
    [
        ("https://other.example/v1/chat/completions?token=abc", "https://other.example/v1"),
        ("/v2/responses", "https://host.example/v2"),
        ("", "another address"),
        ("http://[", "http://["),
    ],
)
def test_a_redirect_names_the_base_url_to_use(location: str, base: str) -> None:
    assert f"redirects to {base} (308): use" in str(failure(308, "", {"location": location}))


def test_a_list_inside_a_stream() -> None:
    error = from_error_object(SERVICE, [{"code": 429, "message": "quota sk-secret", "details": [RETRY]}])
    assert type(error) is ModelBusy
    assert error.retry_after == 34.0
    assert "quota [key]" in str(error)
