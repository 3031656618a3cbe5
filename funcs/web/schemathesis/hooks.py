"""What the words of the contract say, where HTTP's numbers say too little."""

import json
from urllib.parse import urlencode

import schemathesis

# A server reads no more than 64 KiB of what stands before a body, and cuts off who sends on.
LONGEST_QUERY = 48 << 10


def word(response):
    """The status of a reply in one word."""
    try:
        body = response.json()
    except ValueError:
        return ""
    return body.get("status", "") if isinstance(body, dict) else ""


@schemathesis.hook
def filter_case(context, case):
    """Whether the query is one that can be sent."""
    return not case.query or len(urlencode(case.query)) <= LONGEST_QUERY


# What the document leaves to GET /capabilities: another server takes more.
OWN_LIMITS = (
    "timeout must be a number of seconds",
    "input is nested",
    "script is too large",
    # How fields fit together, and what names of files are, is in the descriptions.
    "files: ",
    "input must be",
    "spread must be",
    "isolation must come with",
    "isolation must be left out",
    "expected must come with",
    "expected must have one value",
    "expected must be left out",
    "inputs must be left out",
    "stdin must be left out",
    "inputs: item",
    "cases: item",
)

# What the document says of lines is that they are text.
LINES = "application/x-ndjson"


@schemathesis.serializer(LINES)
def lines(ctx, value):
    """Text as it is, and what is no text as a line."""
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


def given_twice(case):
    """Says "NAME must be given once" for what is in the query and in the body: a document can't forbid that."""
    body = case.body if isinstance(case.body, dict) else {}
    return tuple(f"{name} must be given once" for name in case.query or {} if name in body)


@schemathesis.check
def words(ctx, response, case):
    """A request that fits the document is no invalid request."""
    if case.path != "/execute" or case.media_type == LINES:
        return
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if word(response) == "invalid_request" and not response.json()["error"].startswith(OWN_LIMITS + given_twice(case)):
        raise AssertionError(f"refused although it fits: {response.text}")
