"""JSON in and out, by C code that a script can't replace."""

import sys
from _json import encode_basestring, encode_basestring_ascii, make_encoder, make_scanner

from _harness.faults import NotJSON, Refused, full_name
from _harness.versions import set_digits
from _harness.ways import way_of

_get_digits = sys.get_int_max_str_digits
_set_recursion = sys.setrecursionlimit
_type, _isinstance = type, isinstance


def is_seen_elsewhere(value):
    """Whether a value comes back beside the result, where null stands for it. See figures.py."""
    return False


def unsupported(value):
    if not is_seen_elsewhere(value):
        raise NotJSON("", "")


def encoder(escape):
    return make_encoder({}, unsupported, escape, None, ":", ",", False, False, False)


def encode(value):
    """The JSON text of what main returned, in UTF-8."""
    limit = _get_digits()
    set_digits(0)
    _set_recursion(1000)
    try:
        try:
            return "".join(encoder(encode_basestring)(value, 0)).encode()
        except UnicodeEncodeError:  # lone surrogates: only an escape can carry them
            return "".join(encoder(encode_basestring_ascii)(value, 0)).encode()
    except RecursionError:
        raise Refused("result_limit", "depth") from None
    except MemoryError:
        raise
    except Exception:
        raise NotJSON(*explain(value)) from None
    finally:  # for the next one: a worker rehearses before it runs a script
        set_digits(limit)


def encode_text(message):
    return "".join(encoder(encode_basestring_ascii)(message, 0)).encode()


def is_json(value):
    """Raise where the value is no JSON."""
    encoder(encode_basestring_ascii)(value, 0)


def explain(value):
    """The type of the value and, for one nested inside, the path to it; and the
    way to make JSON of it."""
    kind = full_name(_type(value))
    path, bad, way = culprit(value, "", set(), 0)
    if path:
        return f"{kind} (result{path} is {bad})", way
    return (f"{kind} ({bad})" if bad not in ("", kind) else kind), way


FINE = "", "", ""


def culprit(value, path, above, depth):
    """The first part of value that JSON has no form for: (path, what it is, way)."""
    if value is None or _isinstance(value, (str, int)):
        return FINE
    if _isinstance(value, float):
        return (path, repr(float(value)), "finite*") if value - value != 0 else FINE
    if not _isinstance(value, (dict, list, tuple)):
        if is_seen_elsewhere(value):
            return FINE
        return path, full_name(_type(value)), way_of(value, is_json)
    if id(value) in above:
        return path, "a reference to a value around it", "copy"
    if depth > 900:
        return FINE
    above.add(id(value))
    keyed = _isinstance(value, dict)
    for key, item in value.items() if keyed else enumerate(value):
        inner = f"{path}[{shown(key)}]"
        if keyed and not (key is None or _isinstance(key, (str, int, float))):
            return inner, f"under a key of type {full_name(_type(key))}", "key*"
        if _isinstance(key, float) and key - key != 0:
            return inner, f"under a key that is {float(key)!r}", "key*"
        found = culprit(item, inner, above, depth + 1)
        if found[1]:
            return found
    above.discard(id(value))
    return FINE


def shown(key):
    """A key as the script would write it, if it is not too long."""
    try:
        return f"{key!r:.80}"
    except Exception:
        return f"<{full_name(_type(key))}>"


class Context:
    strict = True
    object_hook = object_pairs_hook = None
    parse_float, parse_int = float, int
    parse_constant = float
    memo = {}


_scan = make_scanner(Context)


def parse(data):
    """The input as a Python value. The server has checked that it is JSON."""
    limit = _get_digits()
    set_digits(0)
    try:
        return _scan(data.decode().strip(" \t\r\n"), 0)[0]
    finally:
        set_digits(limit)
