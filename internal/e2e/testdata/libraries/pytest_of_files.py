# Tests in files that import the program beside them.
# expect: [1, "1 failed, 1 passed", true]
import contextlib
import io
import pathlib

import pytest


def main():
    pathlib.Path("calc.py").write_text("def add(a, b):\n    return a + b\n")
    pathlib.Path("test_calc.py").write_text("from calc import add\n\ndef test_add():\n    assert add(1, 2) == 3\n")
    pathlib.Path("tests").mkdir()
    pathlib.Path("tests/test_more.py").write_text("import calc\n\ndef test_more():\n    assert calc.add(1, 1) == 3\n")
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = pytest.main(["-q"])
    return [int(code), out.getvalue().splitlines()[-1].split(" in ")[0], "assert 2 == 3" in out.getvalue()]
