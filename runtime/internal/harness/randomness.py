"""No two runs share random numbers.

What is seeded when a module is imported is the same in every fork, and what asks the
kernel is not. The generators of numpy, and those that libraries make for themselves,
are seeded anew here, Python's own hidden one in forkhooks.py.
"""

import gc
import itertools
import os
import random
import struct
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
    seen = {id(random._inst)}  # forkhooks.py takes care of it
    for g in found:
        if id(g) not in seen:
            seen.add(id(g))
            again = next(reseed for kind, reseed in kinds if isinstance(g, kind))
            if again is _reseed_state:
                _forget_half(g)  # here, where it is done once
            _generators.append((again, g))


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
    _reseed_bits(state._bit_generator)


def _forget_half(state):
    """Let go of the half of a pair of normal deviates that may be left over."""
    legacy = state.get_state(legacy=False)
    if legacy.get("has_gauss"):
        legacy["has_gauss"], legacy["gauss"] = 0, 0.0
        state.set_state(legacy)


def _reseed_bits(bits):
    kind = type(bits)
    made = _states.get(kind.__qualname__) if kind.__module__.startswith("numpy.random.") else None
    bits.state = made() if made else kind().state


def _mt19937():
    key = _MT19937_KEY.unpack(_urandom(_MT19937_KEY.size))
    return {"bit_generator": "MT19937", "state": {"key": key, "pos": len(key)}}


def _pcg64():
    state, inc = (int.from_bytes(_urandom(16), "little") for _ in range(2))
    return {"bit_generator": "PCG64", "state": {"state": state, "inc": inc | 1}, "has_uint32": 0, "uinteger": 0}


# The usual kinds, for which numpy's own way takes a hundred page faults more: it
# stretches what the kernel gives, and here the kernel gives all of it.
_MT19937_KEY = struct.Struct("=624I")
_urandom = os.urandom
_states = {"MT19937": _mt19937, "PCG64": _pcg64}
