# In memory first, then in a file; and files and directories with names.
# result: {"before": false, "after": true, "length": 3000000, "named": true, "gone": true, "left": []}
import os
import tempfile


def main():
    with tempfile.SpooledTemporaryFile(max_size=1 << 20) as s:
        s.write(b"x" * 1000)
        out = {"before": s._rolled}
        s.write(b"x" * 2999000)
        s.seek(0)
        out |= {"after": s._rolled, "length": len(s.read())}
    with tempfile.NamedTemporaryFile() as f:
        f.write(b"data")
        f.flush()
        out["named"] = open(f.name).read() == "data"
    out["gone"] = not os.path.exists(f.name)
    with tempfile.TemporaryDirectory() as d, tempfile.TemporaryFile(dir=d) as f:
        f.write(b"x" * 100000)
    out["left"] = os.listdir(tempfile.gettempdir())
    return out
