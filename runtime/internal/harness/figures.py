"""Matplotlib's figures: those that were shown, those that the value has, those that are left.

As with a window, or in a notebook, plt.show() ends a figure. A show that does not
block leaves it open: its picture is taken when it is closed, or at the end.
"""

import atexit
import functools
import io
import itertools
import sys
import warnings
import weakref

from _harness import attached, result
from _harness.attached import FIGURE, reason
from _harness.faults import NAME

__name__ = "matplotlib.harness"  # matplotlib blames warnings on the first frame that is not its own

ARTIST = "matplotlib.artist"
PYPLOT = "matplotlib.pyplot"
MANAGERS = "matplotlib._pylab_helpers"  # where pyplot keeps the figures that are open
HOLDERS = "figure", "_fig"  # where seaborn's grids and animations have theirs
AXES_MOST = 1000  # of an array, which are looked at
# What Python itself says of them on a machine without a screen.
TK = frozenset({"tkagg", "tkcairo"})

_modules = sys.modules
_len, _type, _issubclass, _id, _any, _all = len, type, issubclass, id, any, all
_tuple, _list, _islice = tuple, list, itertools.islice
_BytesIO = io.BytesIO
_reference = weakref.ref

asked = []  # managers whose figure was shown and stays open
held = []  # figures that the value has in it
seen = {}  # id of a figure that was drawn -> reference to it
last = None  # the one that was shown last, for savefig() after show()
count = 0


def is_a(value, kind):
    """What isinstance says, but of what the value is, not what it claims."""
    return _issubclass(_type(value), kind)


def figure_of(value):
    """The figure that a value of matplotlib's is, or is drawn in."""
    artist = getattr(_modules.get(ARTIST), "Artist", None)
    if not is_a(artist, _type) or is_a(value, _type):
        return None
    try:
        if not is_a(value, artist):
            value = holder_of(value, artist)
        figure = value.get_figure() if is_a(value, artist) else None
        return getattr(figure, "_root_figure", None) or figure
    except Exception:
        return None


def holder_of(value, artist):
    """The artist that stands for something that is none: a grid, an array of axes."""
    array = getattr(_modules.get("numpy"), "ndarray", None)
    if is_a(array, _type) and is_a(value, array):
        axes = value.ravel()[:AXES_MOST].tolist() if value.dtype == object else ()
        return axes[0] if axes and _all(is_a(a, artist) for a in axes) else None
    return next((a for a in (getattr(value, name, None) for name in HOLDERS) if is_a(a, artist)), None)


def has_drawn(value, levels=3):
    """Whether something drawn is in it, as in what hist() gives: numbers, and the bars."""
    kind = _type(value)
    each = next((k for k in (_tuple, _list) if _issubclass(kind, k)), None)
    if each is None or levels == 0:
        return figure_of(value) is not None
    return _any(has_drawn(part, levels - 1) for part in _islice(each.__iter__(value), AXES_MOST))


def is_held(value):
    """Whether a value is a figure, which comes back as a picture, or pyplot, which has them all."""
    figure = figure_of(value)
    if figure is None:
        return value is _modules.get(PYPLOT) and value is not None
    if not _any(f is figure for f in held):
        held.append(figure)
    return True


result.is_seen_elsewhere = is_held


def take(figure):
    """Draw a figure as it is now, and take the picture along."""
    global count
    count += 1
    called, bag = f"figure {count}", attached.bag()
    if not bag.left[FIGURE]:
        bag.add(FIGURE, b"", b"", called)
        return
    try:
        picture = _BytesIO()
        figure.savefig(picture, format="png", bbox_inches="tight")
        bag.add(FIGURE, b"", picture.getvalue(), called)
        seen[_id(figure)] = _reference(figure)
        figure.stale = False  # as after drawing to a window: savefig has put its colours back
    except Exception as e:
        bag.omit(called, f"could not be drawn: {reason(e)}")


def is_seen(figure):
    """Whether the picture of a figure has been taken, and nothing has changed since."""
    try:
        there = seen.get(_id(figure))
        return there is not None and there() is figure and not figure.stale
    except Exception:
        return False


def is_blank(figure):
    """Whether there is nothing in a figure but its background."""
    try:
        return _len(figure.get_children()) < 2
    except Exception:
        return False


def any_left():
    """Whether there may be figures that were not taken yet, at next to no cost.

    To ask pyplot itself takes 0.2 ms in a process that was forked just now,
    which every run would pay where pyplot is imported beforehand.
    """
    if held or asked:
        return True
    managers = _modules.get(MANAGERS)
    if managers is None:
        return PYPLOT in _modules
    try:
        return _len(managers.Gcf.figs) > 0
    except Exception:
        return True  # another matplotlib: ask


def take_rest():
    """Take what the value has, what was shown and stayed open, and what is open still."""
    try:
        pyplot = _modules.get(PYPLOT)
        open_ones = [pyplot.figure(n) for n in pyplot.get_fignums()] if pyplot else []
        shown = [manager.canvas.figure for manager in asked]
    except Exception as e:
        attached.bag().omit("figures", reason(e))
        open_ones = shown = []
    rest = [f for f in held if not _any(f is o for o in open_ones)] + shown
    rest += [f for f in open_ones if not is_blank(f) or _any(f is h for h in held)]
    held.clear()
    asked.clear()
    done = []
    for figure in rest:
        if not is_seen(figure) and not _any(figure is d for d in done):
            done.append(figure)
            take_quietly(figure)


def take_quietly(figure):
    """Draw a figure where no line of the script is to blame for the warnings."""
    try:
        with warnings.catch_warnings(record=True) as told:
            take(figure)
        for w in told:
            print(f"{NAME}: {w.category.__name__}: {w.message}", file=sys.stderr)
    except Exception:  # the script has broken what is needed for this
        pass


def show(self):
    """Have the figure's picture taken, at the latest when it is closed."""
    if not _any(m is self for m in asked):
        asked.append(self)


def pyplot_show(cls, *, block=None):
    """Show all figures that are open and, unless block says otherwise, end them."""
    managers = _modules[MANAGERS].Gcf
    for manager in managers.get_all_fig_managers():
        manager.show()
    if block is None:
        block = not _modules["matplotlib"].is_interactive()
    if block:
        for manager in asked[:]:
            end(manager)
            # Not destroy(), which takes its canvas away: one can go on with the figure.
            if managers.figs.get(manager.num) is manager:
                del managers.figs[manager.num]


def end(manager):
    """Take the picture of a figure that was shown."""
    global last
    asked[:] = [m for m in asked if m is not manager]
    figure = manager.canvas.figure
    if not is_blank(figure):
        last = figure
        take(figure)


def in_place_of(there, name):
    """A decorator: put the function where another is, under its name."""

    def put(function):
        original = getattr(there, name)
        functools.update_wrapper(function, getattr(original, "__func__", original))
        setattr(there, name, function)
        return function

    return put


def watch_managers(module):
    """What to do when matplotlib.backend_bases was imported."""
    manager, backend = module.FigureManagerBase, module._Backend
    destroy_it = manager.destroy
    in_place_of(manager, "show")(show)
    functools.update_wrapper(pyplot_show, manager.pyplot_show.__func__)
    manager.pyplot_show = backend.show = classmethod(pyplot_show)

    @in_place_of(manager, "destroy")
    def destroy(self):
        if _any(m is self for m in asked):
            end(self)
        return destroy_it(self)


def watch_pyplot(module):
    """What to do when matplotlib.pyplot was imported."""
    savefig_it, switch_to = module.savefig, module.switch_backend
    managers = _modules[MANAGERS].Gcf
    atexit.unregister(managers.destroy_all)  # the figures are wanted to the end

    @in_place_of(module, "savefig")
    def savefig(*args, **kwargs):
        # Without a screen show() does nothing, and the figure is still there.
        if last is not None and not managers.figs:
            return last.savefig(*args, **kwargs)
        return savefig_it(*args, **kwargs)

    @in_place_of(module, "switch_backend")
    def switch_backend(newbackend):
        try:
            return switch_to(newbackend)
        except ModuleNotFoundError as e:
            # The library that is left out here would be there, and no screen.
            if str(newbackend).lower() not in TK or e.name not in ("tkinter", "_tkinter"):
                raise
        raise ImportError(
            f"Cannot load backend {newbackend!r} which requires the 'tk' interactive framework, "
            "as 'headless' is currently running"
        )
