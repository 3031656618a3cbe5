# By the group, which goes through PID namespaces, and all at once. Not by os.kill,
# which ends the script itself where the kernel would.
# beside: beside/holds_a_secret.py
# result: "alive"


def main():
    call("kill", -1, 9)
    call("kill", 0, 9)
    return "alive"
