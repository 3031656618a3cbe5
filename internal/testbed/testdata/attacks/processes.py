# Every way to start one.
# entries: "fork": "EPERM", "vfork": "EPERM", "posix_spawn": "EPERM", "subprocess": "EPERM"
# entries: "shell": true, "popen": "EPERM", "execv": "EPERM", "multiprocessing": "EPERM"
import multiprocessing
import subprocess


def main():
    libc.posix_spawn.restype = ctypes.c_int
    pid = ctypes.c_int()
    return {
        "fork": attempt(os.fork),
        "vfork": errno.errorcode[ctypes.get_errno()] if libc.vfork() == -1 else "made",
        "posix_spawn": attempt(os.posix_spawn, "/bin/sh", ["sh"], {}),
        "subprocess": attempt(subprocess.run, ["/bin/sh"]),
        "shell": attempt(os.system, "true") != 0,
        "popen": attempt(os.popen, "true") if isinstance(attempt(os.popen, "true"), str) else "made",
        "execv": attempt(os.execv, "/bin/sh", ["sh"]),
        "multiprocessing": attempt(multiprocessing.Process(target=int).start),
    }
