"""How a value that is not JSON wants to be seen: the protocol of Jupyter."""

import io
import sys
from binascii import a2b_base64

from _harness.attached import BINARY, FIGURE, TEXT, reason
from _harness.faults import TEXT_LIMIT
from _harness.result import encode
from _harness.ways import is_number

FORMS = {
    "_repr_html_": "text/html",
    "_repr_markdown_": "text/markdown",
    "_repr_svg_": "image/svg+xml",
    "_repr_png_": "image/png",
    "_repr_jpeg_": "image/jpeg",
    "_repr_latex_": "text/latex",
}
JSON = "application/json"
PYPLOT = "matplotlib.pyplot"
MANAGERS = "matplotlib._pylab_helpers"  # where pyplot keeps the figures that are open
NULL = b"null"

_modules = sys.modules
_len, _type, _str, _repr, _issubclass, _callable = len, type, str, repr, issubclass, callable
_bytes, _dict, _tuple = bytes, dict, tuple
_exact = str.__str__  # of a subclass, which may lie about itself
_BytesIO = io.BytesIO


def is_a(value, kind):
    """What isinstance says, but of what the value is, not what it claims."""
    return _issubclass(_type(value), kind)


def show(value, bag):
    """The JSON text to stand for the value, None if it has no form to show."""
    if artist_of(value) is not None:
        return NULL
    if is_a(value, _type) or is_number(_type(value)):
        return None  # a class is not an object that can be shown, and a number is wanted in the result
    forms = bundle(value)
    for method, mime in FORMS.items():
        if mime not in forms:
            add_form(forms, mime, call(value, method))
    given = forms.pop(JSON, None) or json_of(call(value, "_repr_json_"))
    if not forms and given is None:
        return None
    if forms:
        forms["text/plain"] = forms.get("text/plain") or text_of(value)
    for mime, data in forms.items():
        kind = TEXT if is_a(data, _str) else BINARY
        content = data.encode(errors="replace") if kind is TEXT else data
        bag.add(kind, mime.encode(errors="replace"), content, f"display {mime}")
    return given or NULL


def bundle(value):
    """What the method gives that returns all forms at once."""
    forms = {}
    given = call(value, "_repr_mimebundle_", include=None, exclude=None)
    if is_a(given, _dict):
        for mime, data in _dict.items(given):
            if is_a(mime, _str):
                add_form(forms, _exact(mime), data)
    return forms


def add_form(forms, mime, data):
    """Take a form if it is of the kind its type is: bytes, text or JSON."""
    if mime == JSON or mime.endswith("+json"):
        data = json_of(data)
        if data is not None:
            forms[mime] = data if mime == JSON else data.decode()
    elif is_text(mime):
        if is_a(data, _str):
            forms[mime] = _exact(data)
    elif is_a(data, _bytes):
        forms[mime] = b"".join((data,))
    elif is_a(data, _str):
        try:
            forms[mime] = a2b_base64(_exact(data))
        except ValueError:
            pass


def is_text(mime):
    return mime.startswith("text/") or mime.endswith("+xml")


def json_of(data):
    if data is None:
        return None
    try:
        return encode(data)
    except Exception:
        return None


def call(value, name, **arguments):
    """What the method gives; a method that is missing or fails gives nothing."""
    try:
        method = getattr(value, name, None)
        given = method(**arguments) if _callable(method) else None
    except Exception:
        return None
    if is_a(given, _tuple) and _len(given) == 2:
        return _tuple.__getitem__(given, 0)  # the rest is metadata
    return given


def text_of(value):
    try:
        return _exact(_repr(value))[:TEXT_LIMIT]
    except Exception:
        return f"<{_type(value).__name__}>"


def artist_of(value):
    """The figure that a value of matplotlib's is, or is drawn in."""
    artist = getattr(_modules.get("matplotlib.artist"), "Artist", None)
    if not is_a(artist, _type) or not is_a(value, artist):
        return None
    try:
        return value.get_figure()
    except Exception:
        return None


def any_open():
    """Whether there may be open figures, at next to no cost.

    To ask pyplot itself takes 0.2 ms in a process that was forked just now,
    which every run would pay where pyplot is imported beforehand.
    """
    managers = _modules.get(MANAGERS)
    if managers is None:
        return PYPLOT in _modules
    try:
        return _len(managers.Gcf.figs) > 0
    except Exception:
        return True  # another matplotlib: ask


def draw(value, bag):
    """Take the open figures along, and the one that main returned."""
    try:
        pyplot = _modules.get(PYPLOT)
        figures = [pyplot.figure(n) for n in pyplot.get_fignums()] if pyplot else []
    except Exception as e:
        bag.omit("figures", reason(e))
        figures = []
    returned = artist_of(value)
    if returned is not None and not any(f is returned for f in figures):
        figures.insert(0, returned)
    for n, figure in enumerate(figures, 1):
        called = f"figure {n}"
        if not bag.left[FIGURE]:
            bag.add(FIGURE, b"", b"", called)
            continue
        try:
            picture = _BytesIO()
            figure.savefig(picture, format="png", bbox_inches="tight")
            bag.add(FIGURE, b"", picture.getvalue(), called)
        except Exception as e:
            bag.omit(called, f"could not be drawn: {reason(e)}")
