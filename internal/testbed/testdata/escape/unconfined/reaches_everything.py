# Every canary, by the plainest way. Where nothing confines scripts this gets
# all of them, which proves that they are there to be got.
# result~: .*
import importlib
import mmap
import time

socket = importlib.import_module("socket")


def main(targets):
    got = [open(targets["file"]).read()]
    for address in ("127.0.0.1", targets["tcp"]), targets["socket"], "\0" + targets["abstract"]:
        with socket.socket(socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX) as s:
            s.connect(address)
            got.append(s.recv(100).decode())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(b"x", ("127.0.0.1", targets["tcp"]))
    for pid in targets["server"], targets["canary"]:
        with open(f"/proc/{pid}/environ") as f:
            got.append(f.read())
    with open(targets["shared"], "w") as f:
        f.write("changed")
    os.kill(targets["canary"], 18)
    time.sleep(0.2)
    return got
