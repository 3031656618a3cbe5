# Frames by an exception, a generator, a coroutine and a thread: none of them
# leads to the harness.
# result: {"exception": "main", "generator": "main", "coroutine": "main", "thread": "_bootstrap", "harness": []}
import sys
import threading


def outermost(frame):
    while frame.f_back:
        frame = frame.f_back
    return frame.f_code.co_name.replace("<module>", "main")


def main():
    out = {}
    try:
        1 / 0
    except ZeroDivisionError as e:
        out["exception"] = outermost(e.__traceback__.tb_frame)
    g = (outermost(g.gi_frame) for _ in [0])
    out["generator"] = next(g)

    async def c():
        return outermost(co.cr_frame)

    co = c()
    try:
        co.send(None)
    except StopIteration as e:
        out["coroutine"] = e.value
    t = threading.Thread(target=lambda: out.update(thread=outermost(sys._getframe())))
    t.start()
    t.join()
    out["harness"] = [m for m in sys.modules if m.startswith("_harness")]
    return out
