# By the group, which goes through PID namespaces, and all at once. SIGKILL to
# one's own group ends this run only.
# beside: beside/holds_a_secret.py
# result: "alive"
# in podman-nons gvisor-root gvisor-user: status: memory_limit
# because: only on Linux the first of a PID namespace is safe from itself; a SIGKILL is taken for the kernel's, out of memory


def main():
    outcome(os.kill, -1, 9)
    outcome(os.kill, 0, 9)
    return "alive"
