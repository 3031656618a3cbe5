"""What makes JSON of a value that is none, in one word for the hint.

A word is only said where it is true: what it stands for is tried on the value
that is there, so that whoever follows the hint does not meet the next error.
What can't be tried without harm (a generator may have no end, a function may do
anything) is known by its type.
"""

import json
import sys
import warnings
from binascii import b2a_base64 as _base64

from _harness.faults import MODULE
from _harness.known import MARKED, NAMED, NO_DATA

MOST = 100_000  # elements of a value that is tried as a whole
SAMPLE = 1_000  # of a larger one

_modules = sys.modules
_type, _len, _str, _int, _float, _bool = type, len, str, int, float, bool
_list, _dict, _bytes, _sorted, _getattr, _vars, _callable = list, dict, bytes, sorted, getattr, vars, callable
_isinstance, _issubclass = isinstance, issubclass
_dumps, _loads = json.dumps, json.loads
_catch_warnings, _simplefilter = warnings.catch_warnings, warnings.simplefilter

# Attributes as the interpreter has them, whatever a script's class says.
_bases, _attributes, _module, _qualname = (
    type.__dict__[name].__get__ for name in ("__mro__", "__dict__", "__module__", "__qualname__")
)


def of(module, function):
    """A function of a module that is there where there is a value of its kind."""

    def convert(x):
        return _getattr(_modules[module], function)(x)

    return convert


def finite_or_none(x):
    numpy = _modules["numpy"]
    return numpy.where(numpy.isfinite(x), x, None).tolist()


trying = False  # to convert


def converter(value):
    """Whether convert takes the value; convert.py puts itself here once it is loaded."""
    return False


# What each word stands for, to be tried. The server has the words of the hint. Where
# a word ends in "+" what is inside becomes text.
TRIED = {
    "str": _str,
    "int": _int,
    "float": _float,
    "bool": _bool,
    "complex": lambda x: [_float(x.real), _float(x.imag)],
    "list": _list,
    "sorted": _sorted,
    "texts": lambda x: [_str(v) for v in x],
    "dict": _dict,
    "sections": lambda x: {name: _dict(x[name]) for name in x},
    "vars": _vars,
    "decode": lambda x: x.decode(),
    "decode_view": lambda x: _bytes(x).decode(),
    "base64": lambda x: _base64(x).decode(),
    "base64_of_buffer": lambda x: _base64(x.getvalue()).decode(),
    "getvalue": lambda x: x.getvalue(),
    "isoformat": lambda x: x.isoformat(),
    "total_seconds": lambda x: x.total_seconds(),
    "value": lambda x: x.value,
    "name": lambda x: x.name,
    "cell": lambda x: x.value,
    "group": lambda x: x.group(),
    "pattern": lambda x: x.pattern,
    "item": lambda x: x.item(),
    "tolist": lambda x: x.tolist(),
    "finite_or_none": finite_or_none,
    "astype": lambda x: x.astype(_str).tolist(),
    "toarray": lambda x: x.toarray().tolist(),
    "records": lambda x: x.to_dict("records"),
    "to_dict": lambda x: x.to_dict(),
    "to_json": lambda x: _loads(x.to_json(date_format="iso")),
    "to_json_records": lambda x: _loads(x.to_json(orient="records", date_format="iso")),
    "to_pylist": lambda x: x.to_pylist(),
    "as_py": lambda x: x.as_py(),
    "to_dicts": lambda x: x.to_dicts(),
    "to_list": lambda x: x.to_list(),
    "rows": lambda x: _list(x.values),
    "asdict": of("dataclasses", "asdict"),
    "attrs": of("attr", "asdict"),
    "msgspec": of("msgspec", "to_builtins"),
    "model_dump": lambda x: x.model_dump(mode="json"),
    "model_dict": lambda x: x.dict(),
    "model_json": lambda x: _loads(x.json()),
}


def way_of(value, is_json):
    """The word for what makes JSON of the value; "" where nothing is known to.

    Behind it is "*" where the request's convert would do it. is_json says whether a
    value is JSON as it is, by raising where it is not.
    """
    if trying:
        return ""  # convert asks what would be better than convert
    try:
        with _catch_warnings():
            _simplefilter("ignore")
            part, known = sample(value), words_for(value)
            way = next(filter(None, (tried(word, part, is_json) for word in known)), "")
            return way + "*" if is_converted(way, part) else way
    except BaseException:  # the script has broken what is needed for this
        return ""


def is_converted(way, value):
    """Whether the request's convert makes JSON of it. What has not been tried may have no end."""
    global trying
    if way not in ("missing", "finite") and way.rstrip("+") not in TRIED:
        return False
    trying = True
    try:
        return converter(value)
    except BaseException:
        return False
    finally:
        trying = False


def is_data(way):
    """Whether it is the way of what a program wants to hand over, rather than of some object."""
    return bool(way) and way.rstrip("+*") not in NO_DATA


def words_for(value):
    kind = _type(value)
    names = [called(base) for base in _bases(kind)]
    if "numpy.ndarray" in names:
        return words_for_array(value)
    if "_io._IOBase" in names and "_io.StringIO" not in names and "_io.BytesIO" not in names:
        return words_for_file(value)
    known = next((NAMED[name] for name in names if name in NAMED), "").split()
    if known:
        return known
    has = {name for base in _bases(kind) for name in _attributes(base)}
    known = [word for marks, words in MARKED if marks <= has for word in words.split()]
    if is_number(kind):
        known.append("float")
    if is_plain(kind) and _getattr(value, "__dict__", None):
        known += ["vars", "vars+"]
    return known


def called(base):
    """A class by its package and its own name: pandas.core.series.Series is pandas.Series."""
    return f"{_module(base)}".partition(".")[0] + "." + _qualname(base).rpartition(".")[2]


def words_for_array(value):
    kind = value.dtype.kind
    if kind in "Mm":  # tolist would make numbers of some
        return ["astype"]
    return ["tolist", "finite_or_none", "tolist+", "astype"] if kind in "fiub" else ["tolist", "tolist+", "astype"]


def words_for_file(value):
    if value.closed or not value.readable():
        return ["file"]
    return ["read"] if _isinstance(value, _modules["io"].TextIOBase) else ["read_bytes"]


def is_number(kind):
    """Whether it is one of numbers' kinds, which a library's own classes register with."""
    try:
        return _issubclass(kind, _modules["numbers"].Number)
    except Exception:
        return False


def is_plain(kind):
    """Whether it is an object with attributes and nothing else: the script's own, or a namespace."""
    return _module(kind) in (MODULE, "__main__") or called(kind) in ("types.SimpleNamespace", "argparse.Namespace")


def sample(value):
    """The value, or the first of it where it is large."""
    try:
        shape = _getattr(value, "shape", None)
        count = _len(value) if shape is None else 1
        for n in shape or ():
            count *= n
        return value[:SAMPLE] if count > MOST else value
    except Exception:
        return value


def tried(word, value, is_json):
    """The word, if what it stands for makes JSON of the value, as far as that can be tried."""
    convert = TRIED.get(word.rstrip("+"))
    if convert is None:
        return word
    try:
        made = convert(value)
        if _type(made) is _float and made - made != 0:
            return "finite"
        is_json(_loads(_dumps(made, default=_str)) if word[-1] == "+" else made)
    except BaseException:
        return ""
    return word
