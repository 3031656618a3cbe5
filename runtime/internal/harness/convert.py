"""The opt-in "convert": values that JSON has no form for become some, by rules.

What is JSON without it stays the same text. One walk makes plain values of what
main returned, which result.encode then writes. It counts at the least what the
text will take: what can't fit is refused before there is no memory left for it,
and whatever is without end, too.
"""

import sys

from _harness import result, ways
from _harness.faults import NotJSON, Refused, full_name
from _harness.kinds import Unfit, _exact, rule_of
from _harness.result import is_json, shown
from _harness.ways import way_of

MAX_DEPTH = 500  # the most that EXEC_RESULT_DEPTH can be
RECURSION = 8 * MAX_DEPTH

_set_digits, _get_digits = sys.set_int_max_str_digits, sys.get_int_max_str_digits
_set_recursion = sys.setrecursionlimit
_type, _issubclass, _len, _id, _enumerate = type, issubclass, len, id, enumerate
_str, _int, _float, _dict, _list, _tuple = str, int, float, dict, list, tuple
_bases, _attributes = (type.__dict__[name].__get__ for name in ("__mro__", "__dict__"))
_items, _bits = dict.items, int.bit_length
_int_text, _float_text = int.__repr__, float.__repr__
_exact_int, _exact_float = int.__int__, float.__float__


def convert(value, most):
    """The value in plain types, whose JSON text may be of that many bytes."""
    limit = _get_digits()
    _set_digits(0)
    _set_recursion(RECURSION)
    try:
        return Walk(most).value(value, 0)
    except Unfit as e:
        kind = full_name(_type(value))
        path = "".join(f"[{part}]" for part in reversed(e.path))
        if path:
            kind = f"{kind} (result{path} is {e.what})"
        elif e.what not in ("", kind):
            kind = f"{kind} ({e.what})"
        raise NotJSON(kind, e.way, bool(path) or e.way == "twice") from None
    finally:
        _set_digits(limit)


class Walk:
    def __init__(self, most):
        self.left = most
        self.above = set()  # by id, the values around this one
        self.rules = {}  # by id of a type: the type, and its rule

    def spend(self, size):
        self.left -= size
        if self.left < 0:
            raise Refused("result_limit", "bytes")

    def room(self, size):
        """Refuse early what will take that many bytes at least."""
        if size > self.left:
            raise Refused("result_limit", "bytes")

    def value(self, value, depth):
        kind = _type(value)
        if kind is _str:
            size = _len(value) + 2
        elif value is None or kind is bool:
            size = 4
        elif kind is _float:
            size = 3
            if value - value != 0:
                value = None
        elif kind is _int:
            size = 1 + _bits(value) * 3 // 10
        elif kind is _dict:
            return self.around(value, self.object, _items(value), depth)
        elif kind is _list or kind is _tuple:
            return self.around(value, self.array, value, depth)
        else:
            return self.other(value, kind, depth)
        self.left -= size
        if self.left < 0:
            raise Refused("result_limit", "bytes")
        return value

    def other(self, value, kind, depth):
        """What is no plain value, or of a type that is derived from one."""
        if _issubclass(kind, _str):
            return self.value(_exact(value), depth)
        if _issubclass(kind, _int):
            return self.value(_exact_int(value), depth)
        if _issubclass(kind, _float):
            return self.value(_exact_float(value), depth)
        if _issubclass(kind, _dict):
            return self.around(value, self.object, value.items(), depth)
        if _issubclass(kind, (_list, _tuple)):
            return self.around(value, self.array, value, depth)
        if _id(kind) not in self.rules:
            names = {name for base in _bases(kind) for name in _attributes(base)}
            self.rules[_id(kind)] = kind, rule_of(kind, names)
        rule = self.rules[_id(kind)][1]
        try:
            return self.around(value, rule, self, value, depth)
        except Unfit as e:
            if not e.what and result.is_seen_elsewhere(value):
                return self.value(None, depth)  # a figure, which comes back as a picture
            if not e.what:
                e.what, e.way = full_name(kind), way_of(value, is_json)
            raise

    def around(self, value, make, *given):
        """What make makes of the value, inside which it must not be again."""
        if _id(value) in self.above:
            raise Unfit("a reference to a value around it", "copy")
        if given[-1] >= MAX_DEPTH:
            raise Refused("result_limit", "depth")
        self.above.add(_id(value))
        made = make(*given)
        self.above.discard(_id(value))
        return made

    def array(self, items, depth):
        self.spend(1)
        made, at = [], 0
        try:
            for item in items:
                made.append(self.value(item, depth + 1))
                self.left -= 1
                at += 1
        except Unfit as e:
            e.path.append(_str(at))
            raise
        return made

    def object(self, pairs, depth):
        self.spend(1)
        made, key = {}, None
        try:
            for key, item in pairs:
                name = self.name(key, depth)
                if name in made:
                    raise Unfit(f"there twice: another key becomes {name!r:.80}, too", "twice")
                self.left -= _len(name) + 4
                made[name] = self.value(item, depth + 1)
        except Unfit as e:
            e.path.append(shown(key))
            raise
        return made

    def name(self, key, depth):
        """The name of a member that a key becomes."""
        kind = _type(key)
        if kind is _str:
            return key
        try:
            plain = self.value(key, depth + 1)
        except Unfit:
            plain = {}
        if _type(plain) is _dict:
            raise Unfit(f"under a key of type {full_name(kind)}", "key") from None
        if _type(plain) is _list:
            return _str(frozen(plain))
        if plain is None:
            return "null"
        if _type(plain) is bool:
            return "true" if plain else "false"
        return _int_text(plain) if _type(plain) is _int else _float_text(plain) if _type(plain) is _float else plain

    def text(self, text, value):
        """The text that a method of the value has returned."""
        if not _issubclass(_type(text), _str):
            raise Unfit("", "")
        return self.value(_exact(text), 0)


def frozen(plain):
    return _tuple([frozen(part) for part in plain]) if _type(plain) is _list else plain


TRIAL = 1 << 20  # bytes of the text that is made to find out


def takes(value):
    """Whether a request that asks for it gets JSON, for the hint where none did."""
    convert(value, TRIAL)
    return True


ways.converter = takes
