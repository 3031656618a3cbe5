"""Makes byte code of modules that were installed, as an ordinary script: nobody vouches for what it reads."""

from importlib.util import MAGIC_NUMBER, source_hash
from marshal import dumps

UNCHECKED = (1).to_bytes(4, "little")  # made from a source by its hash, with which no import compares it


def byte_code(work, name):
    """The byte code of a module, empty for one that this Python does not take."""
    with open(f"{work['dir']}/{name}", "rb") as f:
        source = f.read()
    try:
        code = compile(source, f"{work['shown']}/{name}", "exec", dont_inherit=True)
        return MAGIC_NUMBER + UNCHECKED + source_hash(source) + dumps(code)
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        return b""


def main(work):
    with open("code", "wb") as out:
        for name in work["files"]:
            data = byte_code(work, name)
            out.write(len(data).to_bytes(4, "little"))
            out.write(data)
