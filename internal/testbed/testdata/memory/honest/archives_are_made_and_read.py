# zipfile, tarfile and their compressions, on files in /tmp.
# result: {"zip": [true, ["a", "b"]], "gz": true, "bz2": true, "xz": true, "plain": true}
import tarfile
import zipfile


def main():
    data = bytes(range(256)) * 8000
    with open("a", "wb") as f:
        f.write(data)
    with zipfile.ZipFile("z.zip", "w", zipfile.ZIP_DEFLATED) as z:
        z.write("a")
        z.writestr("b", "text")
    with zipfile.ZipFile("z.zip") as z:
        out = {"zip": [z.read("a") == data and z.testzip() is None, z.namelist()]}
    for kind in "gz", "bz2", "xz", "":
        options = {"preset": 0} if kind == "xz" else {}
        with tarfile.open("t.tar", "w:" + kind, **options) as t:
            t.add("a")
        with tarfile.open("t.tar") as t:
            out[kind or "plain"] = t.extractfile("a").read() == data
    return out
