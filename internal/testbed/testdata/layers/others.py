# Is there a process with the pid of the parent, and what has it done?
# contained: {"group":"EPERM","time":"EPERM","processors":"ENOSYS","scheduler":"EPERM","parameters":"EPERM","oneself":true}
# free: {"group":true,"time":true,"processors":true,"scheduler":true,"parameters":true,"oneself":true}
import struct


def clock(pid):
    ts = ctypes.create_string_buffer(16)
    ctypes.set_errno(0)
    if libc.clock_gettime(ctypes.c_int(~pid << 3 | 2), ts) == -1:
        return errno.errorcode[ctypes.get_errno()]
    return sum(struct.unpack("ll", ts)) > 0


def main():
    pid = os.getppid()
    tries = {
        "group": lambda: os.getpgid(pid) > 0, "time": lambda: clock(pid), "processors": lambda: len(os.sched_getaffinity(pid)) > 0,
        "scheduler": lambda: os.sched_getscheduler(pid) >= 0, "parameters": lambda: os.sched_getparam(pid).sched_priority >= 0,
        "oneself": lambda: clock(0) and os.getpgid(0) > 0 and os.sched_getscheduler(0) >= 0 and len(os.sched_getaffinity(0)) > 0,
    }
    return {name: attempt(f) for name, f in tries.items()}
