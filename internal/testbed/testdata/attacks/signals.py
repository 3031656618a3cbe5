# Signals to oneself live; those to others don't reach them.
# entries: "self": ["handled"], "parent": "none", "reached": 0, "own group": null
# in landlock container gVisor-chroot: entries: "parent": "EPERM"
# because: there is no PID namespace, so the parent has a number
import signal
import threading


def main():
    came = []
    signal.signal(signal.SIGUSR1, lambda *_: came.append("handled"))
    os.kill(os.getpid(), signal.SIGUSR1)
    others = {p for p in range(1, 4000) if p != os.getpid() and isinstance(attempt(os.getpgid, p), int)}
    threads = {t.native_id for t in threading.enumerate()}
    reached = [p for p in others - threads if attempt(os.kill, p, 0) is None]
    return {"self": came, "parent": attempt(os.kill, os.getppid(), 0) if os.getppid() else "none", "reached": len(reached),
            "own group": attempt(os.kill, 0, 0)}
