"""What libraries are told once they are imported, whenever that is.

Most of it is about show(), which opens a window or a browser elsewhere: here what
is shown comes back in the reply.
"""

import os
import sys
from _frozen_importlib import _find_spec

from _harness import display, figures, fonts
from _harness.figures import in_place_of

_isdir = os.path.isdir


def watch_image(module):
    @in_place_of(module.Image, "show")
    def show(self, title=None):
        display.collect(self)


def watch_chart(module):
    @in_place_of(module.TopLevelMixin, "show")
    def show(self, *args, **kwargs):
        display.collect(self)

    @in_place_of(module.TopLevelMixin, "display")
    def display_it(self, *args, **kwargs):
        display.collect(self)


def watch_renderers(module):
    @in_place_of(module, "show")
    def show(fig, renderer=None, validate=True, **kwargs):
        if not hasattr(fig, "_repr_html_"):  # a dict will do, too
            from plotly.graph_objects import Figure

            fig = Figure(fig)
        display.collect(fig)


def watch_showing(module):
    @in_place_of(module, "show")
    def show(obj, *args, **kwargs):
        from bokeh.embed import file_html

        display.collect({"text/html": file_html(obj)}, raw=True)


def watch_display(module):
    module.display = display.display


# By the module, what to do when it was imported. A library that has changed so much
# that this fails stays as it is.
waiting = {
    "matplotlib.backend_bases": figures.watch_managers,
    "matplotlib.pyplot": figures.watch_pyplot,
    "matplotlib.font_manager": fonts.watch_manager,
    "matplotlib._mathtext": fonts.watch_mathtext,
    "matplotlib.text": fonts.watch_text,
    "PIL.Image": watch_image,
    "altair.vegalite.v5.api": watch_chart,
    "altair.vegalite.v6.api": watch_chart,
    "plotly.io._renderers": watch_renderers,
    "bokeh.io.showing": watch_showing,
    "IPython.core.display_functions": watch_display,
}


class Finder:
    """Finds what the other finders find, and is told when it was imported."""

    def find_spec(self, fullname, path=None, target=None):
        told = waiting.pop(fullname, None)
        if told is None:
            return None
        spec = _find_spec(fullname, path, target)
        imported = getattr(spec and spec.loader, "exec_module", None)
        if imported is None:
            return spec

        def exec_module(module):
            imported(module)
            try:
                told(module)
            except Exception:
                pass

        spec.loader.exec_module = exec_module
        return spec


_finder = Finder()


def prepare():
    """Watch what is imported from here on. Runs in the zygote, before any library is."""
    sys.meta_path.insert(0, _finder)


def settle():
    """Forget libraries that are not installed. Runs in the zygote, when all is imported."""
    for name in list(waiting):
        top = name.partition(".")[0]
        if name in sys.modules or not any(_isdir(os.path.join(p, top)) for p in sys.path):
            del waiting[name]
    if not waiting:
        sys.meta_path.remove(_finder)
