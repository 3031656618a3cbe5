"""What convert makes of values that have no form in JSON, by their type.

A rule is looked for among the types of modules that are imported: without its
module there is no such value. The methods that are called are the value's own and
may lie; what they return goes the same way as any value, or has to be text.
"""

import sys
from binascii import b2a_base64

from _harness.faults import MODULE

_modules = sys.modules
_type, _issubclass, _getattr, _callable = type, issubclass, getattr, callable
_str, _int, _float, _bytes, _len = str, int, float, bytes, len
_zip, _list, _set, _sorted, _enumerate, _repr = zip, list, set, sorted, enumerate, repr
_members_of = frozenset.__iter__, set.__iter__
_exact = str.__str__
_module = type.__dict__["__module__"].__get__


class Unfit(Exception):
    """The value has no form in JSON: what it is, the way to make some of it, and from the inside out where."""

    def __init__(self, what, way):
        self.what, self.way, self.path = what, way, []


def to_text(walk, value, depth):
    return walk.text(_str(value), value)


def to_iso(walk, value, depth):
    return walk.text(value.isoformat(), value)


def to_null(walk, value, depth):
    return walk.value(None, depth)


def to_seconds(walk, value, depth):
    return walk.value(value.total_seconds(), depth)


def to_value(walk, value, depth):
    return walk.value(value.value, depth + 1)


def to_list(walk, value, depth):
    size = _getattr(value, "size", None)
    if _type(size) is _int:
        walk.room(2 * size)
    return walk.value(value.tolist(), depth + 1)


def to_items(walk, value, depth):
    return walk.array(value, depth)


def decimal(walk, value, depth):
    return to_text(walk, value, depth) if value.is_finite() else to_null(walk, value, depth)


def binary(walk, value, depth):
    data = value.tobytes() if _type(value) is memoryview else b"".join((value,))
    walk.spend(_len(data))
    try:
        return data.decode()
    except UnicodeDecodeError:
        walk.spend(_len(data) // 3)
        return {"base64": b2a_base64(data, newline=False).decode()}


def parts(walk, value, depth):
    return walk.object([("real", value.real), ("imag", value.imag)], depth)


def members(walk, value, depth):
    """A set: in order, as far as its members have one, so that two runs give the same."""
    every = _list(_members_of[_issubclass(_type(value), _set)](value))
    for order in None, by_text:
        try:
            every = _sorted(every, key=order)
            break
        except Exception:  # they can't be compared, or not to each other
            pass
    return walk.array(every, depth)


def by_text(value):
    return _type(value).__name__, _repr(value)


def fields(walk, value, depth):
    named = [f.name for f in _type(value).__dataclass_fields__.values() if f._field_type.name == "_FIELD"]
    return walk.object(((name, _getattr(value, name)) for name in named), depth)


def attrs_fields(walk, value, depth):
    named = [a.name for a in _type(value).__attrs_attrs__]
    return walk.object(((name, _getattr(value, name)) for name in named), depth)


def struct_fields(walk, value, depth):
    return walk.object(((name, _getattr(value, name)) for name in _type(value).__struct_fields__), depth)


def variables(walk, value, depth):
    return walk.object(value.__dict__.items(), depth)


def model(walk, value, depth):
    dump = _getattr(value, "model_dump", None) or value.dict  # the second before version 2
    return walk.value(dump(), depth + 1)


def mapping(walk, value, depth):
    keys = value.keys()
    return walk.object(((key, value[key]) for key in keys), depth)


def array(walk, value, depth):
    """An array of numpy's."""
    walk.room(2 * value.size)
    kind = value.dtype.kind
    if kind == "M":
        return walk.value(nested(value.astype("str").tolist(), lambda text: None if text == "NaT" else text), depth)
    if kind == "m":
        try:
            value = value / _modules["numpy"].timedelta64(1, "s")
        except TypeError:  # years and months are no number of seconds
            value = value.astype("str")
    return walk.value(value.tolist(), depth)


def nested(items, change):
    return [nested(item, change) for item in items] if _type(items) is _list else change(items)


def scalar(walk, value, depth):
    """A number of numpy's, or what else its arrays hold."""
    if value.dtype.kind in "mM":
        return array(walk, _modules["numpy"].asarray(value), depth)
    plain = value.item()
    if _issubclass(_type(plain), _type(value)):  # Python has none of that precision
        plain = complex(value) if value.dtype.kind == "c" else _float(value)
    return walk.value(plain, depth + 1)


def sparse(walk, value, depth):
    rows, columns = value.shape
    walk.room(2 * rows * columns)
    return array(walk, value.toarray(), depth)


def series(walk, value, depth):
    """An array where its index only counts, else an object."""
    walk.room(2 * _len(value))
    index, items = value.index, value.tolist()
    counted = _modules["pandas"].RangeIndex(_len(items))
    if _type(index) is _type(counted) and index.name is None and index.equals(counted):
        return walk.array(items, depth)
    return walk.object(_zip(index.tolist(), items), depth)


def frame(walk, value, depth):
    """An array of its rows as objects, the index first unless it is numbers without a name."""
    walk.room(_len(value) * (2 + 4 * value.shape[1]))
    names, columns, index = [], [], value.index
    if index.nlevels > 1 or index.name is not None or index.dtype.kind not in "iu":
        for level, name in _enumerate(index.names):
            names.append(name if name is not None else "index" if index.nlevels == 1 else f"level_{level}")
            columns.append(index.get_level_values(level).tolist())
    names += value.columns.tolist()
    columns += [value.iloc[:, i].tolist() for i in range(value.shape[1])]
    if not names:
        return walk.array([{}] * _len(value), depth)
    seen = set()
    for name in names:
        if name in seen:
            raise Unfit(f"a table with two columns {name!r:.80}", "twice")
        seen.add(name)
    return walk.array((dict(_zip(names, row)) for row in _zip(*columns)), depth)


def records(walk, value, depth):
    walk.room(value.height * value.width * 4)
    return walk.value(value.to_dicts(), depth + 1)


def to_pylist(walk, value, depth):
    columns = _getattr(value, "num_columns", 0)
    walk.room(value.num_rows * columns * 4 if columns else 2 * _len(value))
    return walk.value(value.to_pylist(), depth + 1)


def refused(walk, value, depth):
    raise Unfit("", "")


# By module and name there. The first that fits counts.
RULES = [
    (module, name, rule)
    for module, names, rule in (
        ("pandas._libs.missing", "NAType", to_null),
        ("pandas._libs.tslibs.nattype", "NaTType", to_null),
        ("enum", "Enum", to_value),
        ("numpy", "ndarray", array),
        ("numpy", "generic", scalar),
        ("builtins", "bytes bytearray memoryview", binary),
        ("builtins", "complex", parts),
        ("builtins", "set frozenset", members),
        ("builtins", "type", refused),
        ("io", "IOBase", refused),
        ("datetime", "date time", to_iso),
        ("datetime", "timedelta", to_seconds),
        ("datetime", "tzinfo", to_text),
        ("decimal", "Decimal", decimal),
        ("fractions", "Fraction", to_text),
        ("uuid", "UUID", to_text),
        ("pathlib", "PurePath", to_text),
        ("ipaddress", "_IPAddressBase", to_text),
        ("pandas", "DataFrame", frame),
        ("pandas", "Series", series),
        ("pandas", "Index Categorical", to_list),
        ("pandas.api.extensions", "ExtensionArray", to_items),
        ("pandas", "Interval Period", to_text),
        ("numpy", "dtype", to_text),
        ("pandas.api.extensions", "ExtensionDtype", to_text),
        ("scipy.sparse", "spmatrix sparray", sparse),
        ("polars", "DataFrame", records),
        ("polars", "Series", lambda walk, value, depth: walk.value(value.to_list(), depth + 1)),
        ("pyarrow", "Table RecordBatch Array ChunkedArray", to_pylist),
        ("pyarrow", "Scalar", lambda walk, value, depth: walk.value(value.as_py(), depth + 1)),
        ("pydantic", "BaseModel", model),
        ("types", "SimpleNamespace", variables),
        ("argparse", "Namespace", variables),
        ("numbers", "Integral", lambda walk, value, depth: walk.value(_int(value), depth)),
        ("numbers", "Rational", to_text),
        ("numbers", "Real", lambda walk, value, depth: walk.value(_float(value), depth)),
        ("collections.abc", "Mapping", mapping),
        ("sqlite3", "Row", mapping),
        ("collections.abc", "Sequence Set MappingView Iterator", to_items),
    )
    for name in names.split()
]
# By an attribute of the type, where no rule fits.
MARKS = (
    ("__dataclass_fields__", fields),
    ("__attrs_attrs__", attrs_fields),
    ("__struct_fields__", struct_fields),
)


def named(module, name):
    """The type of that name; None where there is none, or nobody has imported it."""
    try:
        found = _getattr(_modules.get(module), name, None)
    except Exception:
        return None
    return found if _issubclass(_type(found), _type) else None


def rule_of(kind, attributes):
    """How a value of this type becomes JSON; attributes are the names that the type has."""
    for mark, rule in MARKS:
        if mark in attributes and not _issubclass(kind, _type):
            return rule
    for module, name, rule in RULES:
        found = named(module, name)
        if found is not None and _issubclass(kind, found):
            return rule
    if any(name.startswith("_repr_") for name in attributes if _type(name) is _str):
        return refused  # it is to be looked at
    if "tolist" in attributes:
        return to_list
    # What others have an iterator for need not be all that there is to it.
    return to_items if "__iter__" in attributes and _module(kind) in (MODULE, "__main__") else refused
