"""Makes byte code of the harness, when an image is made: see Compiler in package harness."""

import json
import marshal
import sys
from _frozen_importlib_external import MAGIC_NUMBER

modules = [
    (name, compile(text, "<" + name + ">", "exec", dont_inherit=True)) for name, text in json.load(sys.stdin.buffer)
]
sys.stdout.buffer.write(MAGIC_NUMBER + marshal.dumps(modules))
