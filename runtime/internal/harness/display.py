"""What a script displays, and how a value that is not JSON wants to be seen: the protocol of Jupyter."""

import builtins
import numbers
import weakref
from binascii import a2b_base64

from _harness import attached, figures
from _harness.attached import BINARY, DISPLAY, TEXT
from _harness.faults import TEXT_LIMIT
from _harness.figures import is_a
from _harness.result import encode

FORMS = {
    "_repr_html_": "text/html",
    "_repr_markdown_": "text/markdown",
    "_repr_svg_": "image/svg+xml",
    "_repr_png_": "image/png",
    "_repr_jpeg_": "image/jpeg",
    "_repr_latex_": "text/latex",
}
JSON, PLAIN = "application/json", "text/plain"
NULL = b"null"

_len, _type, _str, _repr, _callable = len, type, str, repr, callable
_bytes, _dict, _tuple, _int, _float = bytes, dict, tuple, int, float
_exact = str.__str__  # of a subclass, which may lie about itself
_Number, _Integral = numbers.Number, numbers.Integral
_reference = weakref.ref

count = 0
latest = None  # reference to what was displayed last


def is_named(text, given):
    """Whether the script, or a module that came with it, may call display()."""
    return "display" in text or given and any(b"display" in given[n] for n in given if n.endswith(b".py"))


def provide():
    """Let there be a builtin display(), as in a notebook."""
    builtins.display = display


def display(*objs, display_id=None, raw=False, **more):
    """Have these come back in the reply, each in the forms that it has.

    A figure of matplotlib's comes back among the figures. The other arguments are
    those that notebooks have, and mean nothing here.
    """
    for value in objs:
        collect(value, raw)
    return Handle() if display_id is not None else None


display.__module__, display.__qualname__ = "builtins", "display"


class Handle:
    """What display() returns where it is asked for an id. There is nothing to update: it displays anew."""

    def display(self, obj, **more):
        collect(obj)

    update = display


def collect(value, raw=False):
    """Take along how a value wants to be shown."""
    figure = figures.figure_of(value)
    if figure is not None:
        figures.take(figure)
        return
    if not has_room():
        return
    forms = {}
    if raw and is_a(value, _dict):
        add_forms(forms, value)
    else:
        forms = forms_of(value)
        forms[PLAIN] = forms.get(PLAIN) or text_of(value)
    add(value, forms)


def show(value):
    """The JSON text to stand for the value, None if it has no form to show."""
    if is_a(value, _type):
        return None  # a class is not an object that can be shown
    forms = forms_of(value)
    given = forms.pop(JSON, None)
    if not forms and given is None:
        return None
    if forms and not (latest and latest() is value) and has_room():
        forms[PLAIN] = forms.get(PLAIN) or text_of(value)
        add(value, forms)
    return given.encode() if given else number_of(value) or NULL


def has_room():
    """Count one more, and say whether it can be taken."""
    global count
    count += 1
    bag = attached.bag()
    if bag.left[DISPLAY]:
        return True
    bag.omit(f"display {count}", f"more than {attached.most} of its kind")
    return False


def add(value, forms):
    global latest
    try:
        latest = _reference(value)
    except TypeError:
        latest = None
    records = []
    for mime, data in forms.items():
        kind = TEXT if is_a(data, _str) else BINARY
        content = data.encode(errors="replace") if kind is TEXT else data
        records.append((kind, mime.encode(errors="replace"), content))
    attached.bag().display(records, "display" if count == 1 else f"display {count}")


def forms_of(value):
    """All forms that a value has by its methods, by type; that in plain text is not asked for."""
    forms = {}
    if is_a(value, _type):
        return forms
    given = call(value, "_repr_mimebundle_", include=None, exclude=None)
    if is_a(given, _dict):
        add_forms(forms, given)
    for method, mime in FORMS.items():
        if mime not in forms:
            add_form(forms, mime, call(value, method))
    if JSON not in forms:
        add_form(forms, JSON, call(value, "_repr_json_"))
    return forms


def add_forms(forms, given):
    for mime, data in _dict.items(given):
        if is_a(mime, _str):
            add_form(forms, _exact(mime), data)


def add_form(forms, mime, data):
    """Take a form if it is of the kind its type is: bytes, text or JSON."""
    if mime == JSON or mime.endswith("+json"):
        data = json_of(data)
        if data is not None:
            forms[mime] = data.decode()
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


def number_of(value):
    """The JSON text of a number that is none of Python's, as exact as JSON has it: sympy's."""
    try:
        if not is_a(value, _Number):
            return None
        return encode(_int(value) if is_a(value, _Integral) else _float(value))
    except Exception:
        return None  # complex, or not finite


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
