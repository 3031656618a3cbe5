# The bytes of one's own request, or of the one before, in the channel.
# result: {"EAGAIN": ["peek", "read"]}
MSG_PEEK, MSG_DONTWAIT = 2, 64
import importlib
socket = importlib.import_module("socket")


def main():
    came = {}
    s = socket.socket(fileno=os.dup(3))
    for name, flags in ("peek", MSG_PEEK | MSG_DONTWAIT), ("read", MSG_DONTWAIT):
        came.setdefault(outcome(s.recv, 100, flags), []).append(name)
    return came
