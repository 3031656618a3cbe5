"""No two runs share random numbers.

What is seeded when a module is imported is the same in every fork. Python's own
hidden generator and everything that asks the kernel is not; the generators of
numpy, and those that libraries make for themselves, are seeded anew here.
"""

import gc
import itertools
import random
import sys

_generators = []  # (reseed, generator), found in the zygote, used in its forks


def remember_generators():
    """Find the generators that preloaded modules have made. Runs in the zygote."""
    kinds = [(random.Random, lambda g: g.seed())]
    if "numpy.random" in sys.modules:
        numpy_random = sys.modules["numpy.random"]
        kinds += [
            (numpy_random.RandomState, _reseed_state),
            (numpy_random.BitGenerator, _reseed_bits),
        ]
    # By type, because isinstance asks lazy proxies what they stand for, and the
    # types from the top down: with pandas there are 200,000 objects.
    ours = set()
    for kind, _ in kinds:
        _add_subclasses(kind, ours)
    objects = gc.get_objects()
    found = list(itertools.compress(objects, map(ours.__contains__, map(type, objects))))
    # The legacy numpy.random functions share one that the collector may not know.
    if "numpy.random" in sys.modules:
        found.append(sys.modules["numpy.random"].mtrand._rand)
    _generators.clear()
    seen = {id(random._inst)}  # the module takes care of it itself
    for g in found:
        if id(g) not in seen:
            seen.add(id(g))
            _generators.append((next(reseed for kind, reseed in kinds if isinstance(g, kind)), g))


def _add_subclasses(kind, to):
    to.add(kind)
    for sub in kind.__subclasses__():
        if sub not in to:
            _add_subclasses(sub, to)


def reseed():
    """Seed them from the kernel. Runs in every worker, before it is ready."""
    for again, generator in _generators:
        again(generator)


def _reseed_state(state):
    bits = state._bit_generator
    _reseed_bits(bits)
    # Half of a pair of normal deviates may be left over.
    legacy = state.get_state(legacy=False)
    if legacy.get("has_gauss"):
        legacy["has_gauss"], legacy["gauss"] = 0, 0.0
        state.set_state(legacy)


def _reseed_bits(bits):
    bits.state = type(bits)().state
