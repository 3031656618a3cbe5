# A file in /tmp and one in memory, compressed.
# expect: {"same": true, "packed": true}
import io
import tempfile
import numpy as np

def main():
    a = np.arange(10000).reshape(100, 100)
    with tempfile.NamedTemporaryFile(suffix=".npy") as f:
        np.save(f, a)
        f.flush()
        same = np.array_equal(np.load(f.name), a)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, a=a)
    buffer.seek(0)
    return {"same": bool(same), "packed": bool(np.array_equal(np.load(buffer)["a"], a))}
