# By the group, which goes through PID namespaces, and all at once.
# beside: beside/holds_a_secret.py
# result: "alive"


def main():
    outcome(os.kill, -1, 9)
    outcome(os.kill, 0, 9)
    return "alive"
