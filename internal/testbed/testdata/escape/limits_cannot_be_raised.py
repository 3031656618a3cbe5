# Give oneself more than there was. Less is possible.
# result: {"raised": [], "lowered": true}
import resource

NAMES = ["AS", "CPU", "FSIZE", "NOFILE", "CORE", "MEMLOCK", "STACK", "NPROC", "MSGQUEUE"]


def main():
    raised = []
    for name in NAMES:
        number = getattr(resource, "RLIMIT_" + name, 12)
        soft, hard = resource.getrlimit(number)
        if hard == resource.RLIM_INFINITY:
            continue
        try:
            resource.setrlimit(number, (soft, hard + 1))
            raised.append(name)
        except (ValueError, OSError):
            pass
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard - 1, hard - 1))
    return {"raised": raised, "lowered": resource.getrlimit(resource.RLIMIT_NOFILE)[1] == hard - 1}
