# Raise what was lowered.
# entries: "RLIMIT_AS": "refused", "RLIMIT_CPU": "refused", "RLIMIT_FSIZE": "refused", "RLIMIT_NOFILE": "refused"
# entries: "RLIMIT_CORE": "refused", "RLIMIT_MEMLOCK": "refused", "lowered": true
import resource

NAMES = ["RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_CORE", "RLIMIT_MEMLOCK"]


def main():
    out = {}
    for name in NAMES:
        number = getattr(resource, name)
        soft, hard = resource.getrlimit(number)
        try:
            resource.setrlimit(number, (soft, hard + 1))
            out[name] = "raised"
        except ValueError:
            out[name] = "refused"
        if soft != hard:
            out[name] = "soft limit below the hard one"
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard - 1, hard - 1))
    out["lowered"] = resource.getrlimit(resource.RLIMIT_NOFILE)[1] == hard - 1
    return out
