"""Characters that matplotlib's own fonts lack: Chinese, Japanese, Korean.

Fonts that packages bring are in matplotlib's list (see fonts.py of package
packages). Whatever font a script asks for, those stand behind it, from the first
text on that needs them: to open one takes longer than to draw a short text.
"""

import os

from _harness.figures import in_place_of

FIRST = "\u2e80"  # of the blocks that East Asia needs, and few others do
JAMO = "\u1100", "\u11ff"

_max, _isinstance, _str, _len, _ord = max, isinstance, str, len, ord

wanted = False
_manager = _more = None  # matplotlib's module; the fonts, each as path and index


def needs_more(text):
    return not text.isascii() and (_max(text) >= FIRST or any(JAMO[0] <= c <= JAMO[1] for c in text))


def watch_text(module):
    """What to do when matplotlib.text was imported."""
    set_it = module.Text.set_text

    @in_place_of(module.Text, "set_text")
    def set_text(self, s):
        global wanted
        if not wanted and _isinstance(s, _str) and needs_more(s):
            wanted = True
        return set_it(self, s)


def watch_mathtext(module):
    """What to do when matplotlib._mathtext was imported: it looks at each character by itself."""
    get_it = module.UnicodeFonts._get_glyph

    @in_place_of(module.UnicodeFonts, "_get_glyph")
    def _get_glyph(self, fontname, font_class, sym):
        if wanted and _len(sym) == 1 and needs_more(sym):
            for path in brought(_manager, ("",)):
                font = self._get_font(path)
                if font is not None and font.get_char_index(_ord(sym)):
                    return font, _ord(sym), False
        return get_it(self, fontname, font_class, sym)


def watch_manager(module):
    """What to do when matplotlib.font_manager was imported."""
    global _manager
    _manager, get = module, module._get_font

    @in_place_of(module, "_get_font")
    def _get_font(font_filepaths, **kwargs):
        if wanted:
            font_filepaths += tuple(path for path in brought(module, font_filepaths) if path not in font_filepaths)
        return get(font_filepaths, **kwargs)


def brought(module, like):
    """The fonts that are not matplotlib's own, each as those of a list are given."""
    global _more
    if _more is None:
        own = os.path.join(module.mpl.get_data_path(), "")
        entries = ((f.fname, getattr(f, "index", 0)) for f in module.fontManager.ttflist)
        _more = [(os.path.realpath(name), index) for name, index in entries if not is_below(name, own)]
    return _more if _isinstance(like[0], tuple) else [name for name, _ in _more]


def is_below(name, directory):
    return os.path.normpath(name).startswith(directory)
