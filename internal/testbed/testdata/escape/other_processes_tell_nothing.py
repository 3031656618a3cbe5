# Whatever the kernel says of a process to everybody who knows its number: what it
# has used, where and how it may run, and of which group it is.
# result: {"tell": [], "of oneself": ["ok"]}
import time

PROCESS, THREAD = 2, 6


def main():
    buffer = bytes(128)

    def asked(pid, me=False):
        return {
            "time": call("clock_gettime", ~pid << 3 | PROCESS, buffer), "processors": call("sched_getaffinity", pid, 128, buffer),
            "scheduler": call("sched_getscheduler", pid), "parameters": call("sched_getparam", pid, buffer),
            "group": call("getpgid", pid), "session": call("getsid", pid), "nice": call("getpriority", 0, pid),
            "limits": me or call("prlimit64", pid, 7, 0, buffer), "locks": me or call("get_robust_list", pid, buffer, buffer),
        }

    others = [pid for pid in range(1, 400) if pid != os.getpid()]
    told = {what for pid in others for what, r in asked(pid).items() if not isinstance(r, str)}
    mine = asked(0, True) | {"thread": call("clock_gettime", ~call("gettid") << 3 | THREAD, buffer), "clock": outcome(time.process_time), "all": outcome(time.thread_time)}
    return {"tell": sorted(told), "of oneself": sorted({r if isinstance(r, str) and r != "ok" else "ok" for r in mine.values()})}
