"""The locale C.UTF-8, as a server has it, for what asks the locale module.

The C library has the files of that locale nowhere where scripts can read them,
and stays with C, which sorts and counts the same. Python's own text is UTF-8
without it.
"""

import _locale
import locale as _module
import os

NAME = "C.UTF-8"
ALL, CTYPE = _locale.LC_ALL, _locale.LC_CTYPE
CATEGORIES = {  # in the order in which the C library names them
    name: getattr(_locale, name)
    for name in ("LC_CTYPE", "LC_NUMERIC", "LC_TIME", "LC_COLLATE", "LC_MONETARY", "LC_MESSAGES")
}

_set, _langinfo, _environ = _locale.setlocale, _locale.nl_langinfo, os.environ
_isinstance, _str, _set_of, _all = isinstance, str, set, all

chosen = {CTYPE}  # the categories that are this locale; Python chooses the first when it starts


def prepare():
    """Put the functions into the modules that have them. Runs in the zygote, once."""
    _environ["LANG"] = NAME
    _locale.setlocale = _module._setlocale = setlocale
    _locale.nl_langinfo = _module.nl_langinfo = nl_langinfo
    _locale.getencoding = _module.getencoding = getencoding


def setlocale(category, locale=None):
    if locale is not None:
        for one, name in wanted(category, locale):
            if not _isinstance(name, _str) or not is_ours(name):
                _set(one, name)
                chosen.difference_update(members(one))
            else:
                _set(one, "C")
                chosen.update(members(one))
    found = _set(category)
    if found != "C" or not chosen.intersection(members(category)):
        return found
    if category != ALL or _all(c in chosen for c in CATEGORIES.values()):
        return NAME
    return ";".join(f"{name}={NAME if c in chosen else 'C'}" for name, c in CATEGORIES.items())


def wanted(category, locale):
    """The categories that are to be set, each with the name of its locale."""
    if locale == "":
        names = CATEGORIES.items() if category == ALL else [(n, c) for n, c in CATEGORIES.items() if c == category]
        return [(c, _environ.get("LC_ALL") or _environ.get(n) or _environ.get("LANG") or "C") for n, c in names]
    if category == ALL and _isinstance(locale, _str) and "=" in locale:
        parts = [part.partition("=") for part in locale.split(";")]
        return [(CATEGORIES[name], value) for name, _, value in parts if name in CATEGORIES]
    return [(category, locale)]


def members(category):
    return _set_of(CATEGORIES.values()) if category == ALL else {category}


def is_ours(name):
    return name.replace("-", "").lower() == "c.utf8"


def nl_langinfo(key):
    return "UTF-8" if key == _locale.CODESET and CTYPE in chosen else _langinfo(key)


def getencoding():
    return nl_langinfo(_locale.CODESET)


for _function in setlocale, nl_langinfo, getencoding:
    _function.__module__ = "_locale"
