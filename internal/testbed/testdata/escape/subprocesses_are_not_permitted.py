# Every way of the library to start a program.
# result: {"refused": ["fork", "forkpty", "posix_spawn", "run", "popen", "execv", "multiprocessing"], "OSError": ["pty"], "ok": ["twin"]}
import importlib
multiprocessing, pty, subprocess = map(importlib.import_module, ("multiprocessing", "pty", "subprocess"))
import concurrent.futures


def main():
    def thread():
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(int, ["1", "2"]))

    return reach(
        fork=os.fork, forkpty=os.forkpty, posix_spawn=lambda: os.posix_spawn("/bin/sh", ["sh"], {}),
        run=lambda: subprocess.run(["/bin/sh"]), popen=lambda: os.popen("true").read(), execv=lambda: os.execv("/bin/sh", ["sh"]),
        multiprocessing=lambda: multiprocessing.Process(target=int).start(), pty=lambda: pty.spawn("/bin/sh"), twin=thread,
    )
