# shutil copies by sendfile where it may.
# result: {"file": true, "copy2": true, "tree": ["a", "b", "b/c"], "same": true, "object": true}
# in podman-nons-user gvisor-user: status: script_error
# because: modes and times of files can't be changed there
# in podman-nons-user gvisor-user: denied~: changing modes and times of files .*
# because: the same
import filecmp
import io
import os
import shutil


def main():
    data = os.urandom(3 << 20)
    with open("f", "wb") as f:
        f.write(data)
    out = {"file": open(shutil.copyfile("f", "g"), "rb").read() == data, "copy2": open(shutil.copy2("f", "h"), "rb").read() == data}
    os.makedirs("tree/b")
    for name in "tree/a", "tree/b/c":
        with open(name, "wb") as f:
            f.write(data[:100000])
    shutil.copytree("tree", "copy")
    out["tree"] = sorted(os.path.relpath(os.path.join(at, n), "copy") for at, dirs, files in os.walk("copy") for n in dirs + files)
    out["same"] = filecmp.cmp("tree/b/c", "copy/b/c", shallow=False)
    b = io.BytesIO()
    with open("f", "rb") as f:
        shutil.copyfileobj(f, b)
    out["object"] = b.getvalue() == data
    return out
