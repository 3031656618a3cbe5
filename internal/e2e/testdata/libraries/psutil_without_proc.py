# What needs no /proc is right; the rest fails by a name that can be caught.
# expect: {"disk": true, "cpus": true, "rss": "NoSuchProcess", "memory": "FileNotFoundError"}
import psutil


def name_of(f):
    try:
        f()
    except (psutil.Error, OSError) as e:
        return type(e).__name__


def main():
    return {
        "disk": psutil.disk_usage(".").total > 0,
        "cpus": psutil.cpu_count() > 0,
        "rss": name_of(lambda: psutil.Process().memory_info()),
        "memory": name_of(psutil.virtual_memory),
    }
