# Tests in the script itself: fixtures, parameters, output, and what an assert compared.
# expect: [1, "1 failed, 4 passed", true, true, true, true, true]
import contextlib
import io
import pickle

import pytest


class Thing:
    pass


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x"


@pytest.mark.parametrize("n", [1, 2])
def test_ok(n, path):
    path.write_text(str(n))
    assert path.read_text() == str(n)


def test_pickle():
    assert isinstance(pickle.loads(pickle.dumps(Thing())), Thing)


class TestInClass:
    def test_method(self, monkeypatch):
        with pytest.raises(ZeroDivisionError):
            1 / 0


def test_bad(capsys):
    print("captured")
    assert [1, 2] == [1, 3]


def main():
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = pytest.main([__file__, "-q", "-W", "error"])
    with contextlib.redirect_stdout(io.StringIO()):
        again = pytest.main([__file__, "-k", "ok"])
    text = out.getvalue()
    return [
        int(code),
        text.splitlines()[-1].split(" in ")[0],
        "assert [1, 2] == [1, 3]" in text and "At index 1 diff: 2 != 3" in text,
        "FAILED script.py::test_bad" in text,
        "captured" in text,
        again == 0,
        isinstance(pickle.loads(pickle.dumps(Thing())), Thing),
    ]
