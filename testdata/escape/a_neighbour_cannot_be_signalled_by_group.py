# By the group, which goes through PID namespaces, and all at once. SIGKILL to
# one's own group ends this run only.
# beside: beside/holds_a_secret.py
# status: ok|killed|memory_limit


def main():
    outcome(os.kill, -1, 9)
    outcome(os.kill, 0, 9)
    return "alive"
