"""The fork server: imports what scripts will import, then only forks.

It never reads a script, nor anything that came from a caller. The protocol is
drawn in the package documentation of runtime/internal/zygote.
"""

import ctypes
import gc
import json
import mmap
import os
import select
import struct
import sys

from _harness import changes, forkhooks, heap, home, locks, preload, processes, randomness, worker
from _harness.confine import compile_steps, confine, set_for_c

PAGE = mmap.PAGESIZE
CLONE_NEWPID = 0x20000000
SYS_PIDFD_OPEN = 434
SOL_SOCKET, SCM_RIGHTS = 1, 1

ZYGOTE_OOM_SCORE, WORKER_OOM_SCORE = preload.ZYGOTE_OOM_SCORE, b"1000"

SPAWN = struct.Struct("=cQI?")  # 'F', worker number, uid, hurry; then the scratch path
EXITED = struct.Struct("=cQiQQ")  # 'X', worker number, status, cpu µs, peak bytes; several may be one message
STARTED = struct.Struct("=cQ")  # 'W', worker number
SETTLED = struct.Struct("=cQ")  # 'S', an address that is mapped
FAILED = struct.Struct("=cQi")  # 'E', worker number, errno


def main(sock, config):
    """Prepare, say so, take the confinement list, then fork until the end."""
    # In a tree without device nodes the null device is a pipe, which never ends.
    empty = os.path.exists("/dev/empty")
    os.dup2(os.open("/dev/empty", os.O_RDONLY) if empty else os.open("/dev/null", os.O_RDWR), 0)
    gc.disable()  # until all is there: looking at it again and again takes a quarter of the imports' time
    bound_threads()
    for name, value in config["native"].items():
        set_for_c(name, value)
    sys.path[:] = [p for p in sys.path if not p.endswith(".zip")] + config["path"]
    locks.prepare()
    processes.prepare()
    changes.prepare()
    preload.main(sock, config)
    for rehearsal in config["rehearsals"]:
        if rehearsal["early"]:
            rehearse(rehearsal)
    randomness.remember_generators()
    worker.prepare(config)
    preload.refuse_threads()
    sock.send(json.dumps({"version": sys.version.split()[0], "mapped_at": mapped_at()}).encode())
    plan = json.loads(sock.recv(1 << 20))
    values = {}
    refused = confine(compile_steps(plan["prepare"] or [], {}), values)
    if refused:
        layer, step, errno = refused
        raise SystemExit(f"layer {layer}: {step}: errno {errno}")
    worker.steps = compile_steps(plan["steps"] or [], values)
    rehearse_runs()
    forkhooks.prepare()
    gc.freeze()
    server = Server(sock, plan["pid_namespace"], plan["oom_score_fd"])
    # The first caller may be waiting: what only later forks gain by comes after
    # the first of them.
    if not server.request():
        os._exit(0)
    gc.unfreeze()
    for _name in preload.late(config):
        server.reap(server.poll.poll(0))  # it is waited for
    for rehearsal in config["rehearsals"] * LIBRARY_REHEARSALS:
        rehearse(rehearsal)
        server.reap(server.poll.poll(0))
    randomness.remember_generators()
    preload.refuse_threads()
    rehearse_runs()  # again: the libraries have taken its place in the caches
    forkhooks.prepare()
    home.note_imports()
    gc.collect()
    heap.settle()
    heap.collapse()
    worker.steps = compile_steps(server.settle()["steps"] or [], values)
    gc.freeze()
    server.serve()


def mapped_at():
    """An address among those that are mapped: where the kernel puts a page now."""
    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
    libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    at = libc.mmap(None, PAGE, mmap.PROT_READ, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    libc.munmap(at, PAGE)
    return at


M_ARENA_MAX = -8
THREAD_STACK = 2 << 20  # bytes


def bound_threads():
    """Make threads cheap in address space, which is what memory is limited by.

    glibc reserves 64 MiB for the heap of each thread and takes 8 MiB for its
    stack: seven threads would use up the default allowance.
    """
    libc = ctypes.CDLL(None)
    libc.mallopt(M_ARENA_MAX, 1)
    attributes = ctypes.create_string_buffer(64)  # pthread_attr_t
    libc.pthread_attr_init(attributes)
    libc.pthread_attr_setstacksize(attributes, ctypes.c_size_t(THREAD_STACK))
    libc.pthread_setattr_default_np(attributes)


LIBRARY_REHEARSALS = 2  # the second finds what the first has cached
REHEARSALS = 16  # after some runs the interpreter has specialised its byte code


def rehearse(rehearsal):
    """Use what was imported, so that what is done at first use is done for all forks."""
    if rehearsal["module"] in sys.modules:
        code = compile(rehearsal["text"], "<rehearsal of " + rehearsal["module"] + ">", "exec")
        exec(code, {"__name__": "rehearsal"})


def rehearse_runs():
    """Run all that a worker does, so that the pages and caches it touches are
    made once here and shared by every fork."""
    for _ in range(REHEARSALS):
        worker.rehearse()


class Server:
    """Forks on request and reports every exit."""

    def __init__(self, sock, pid_namespace, oom_score_fd):
        self.sock = sock
        self.oom_score = oom_score_fd
        self.poll = select.epoll()
        self.poll.register(sock.fileno(), select.EPOLLIN)
        self.children = {}  # pidfd -> (pid, worker number)
        self.deferred = []  # requests that came before their time
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.home = self.pidfd_open(os.getpid()) if pid_namespace else None

    def pidfd_open(self, pid):
        fd = self.libc.syscall(SYS_PIDFD_OPEN, pid, 0)
        if fd < 0:
            raise OSError(ctypes.get_errno(), "pidfd_open")
        return fd

    def settle(self):
        """Say that all is done that comes after the first fork; get the confinement list anew.

        It depends on the size that this process has by now. What the server asks for
        meanwhile is done with that list.
        """
        self.sock.send(SETTLED.pack(b"S", mapped_at()))
        while True:
            message = self.sock.recvmsg(1 << 20, 64)
            if not message[0]:
                os._exit(0)
            if message[0][:1] != b"F":
                return json.loads(message[0])
            self.deferred.append(message)

    def serve(self):
        while self.deferred:
            self.answer(*self.deferred.pop(0)[:2])
        control = self.sock.fileno()
        while True:
            events = self.poll.poll()
            if any(fd == control for fd, _ in events) and not self.request():
                os._exit(0)
            self.reap(events)

    def request(self):
        """One message of the server; False at the end of file."""
        data, control, _, _ = self.sock.recvmsg(4096, 64)
        if data:
            self.answer(data, control)
        return bool(data)

    def answer(self, data, control):
        """Fork a worker, or say why not."""
        fds = struct.unpack("=3i", control[0][2])
        _, number, uid, hurry = SPAWN.unpack_from(data)
        scratch = bytes(data[SPAWN.size :])
        try:
            pid = self.fork(fds, uid, hurry, scratch)
            pidfd = self.pidfd_open(pid)
        except OSError as e:
            self.sock.send(FAILED.pack(b"E", number, e.errno or 0))
            return
        finally:
            for fd in fds:
                os.close(fd)
        self.children[pidfd] = (pid, number)
        self.poll.register(pidfd, select.EPOLLIN)
        self.sock.sendmsg([STARTED.pack(b"W", number)], [(SOL_SOCKET, SCM_RIGHTS, struct.pack("=i", pidfd))])

    def fork(self, fds, uid, hurry, scratch):
        if self.home is not None and self.libc.unshare(CLONE_NEWPID) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        self.killed_as(WORKER_OOM_SCORE)
        try:
            pid = os.fork()
            if pid == 0:
                worker.main(fds, uid, hurry, scratch)
        finally:
            self.killed_as(ZYGOTE_OOM_SCORE)
            # The next fork may make a namespace of its own only from here.
            if self.home is not None and self.libc.setns(self.home, CLONE_NEWPID) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        return pid

    def killed_as(self, score):
        """Say how early the kernel is to choose this process, and its next child."""
        if self.oom_score is not None:
            try:
                os.write(self.oom_score, score)
            except OSError:  # not to be had here, which the server reports
                self.oom_score = None

    def reap(self, events):
        """Take the exit status of the children among the events, which have ended, and report it."""
        exits = b""
        for pidfd, _ in events:
            if pidfd in self.children:
                pid, number = self.children.pop(pidfd)
                _, status, usage = os.wait4(pid, 0)
                self.poll.unregister(pidfd)
                os.close(pidfd)
                cpu = int((usage.ru_utime + usage.ru_stime) * 1e6)
                exits += EXITED.pack(b"X", number, status, cpu, usage.ru_maxrss * 1024)
        if exits:
            self.sock.send(exits)
