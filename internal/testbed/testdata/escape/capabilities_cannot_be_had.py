# Raise a capability, ask for one, keep them over a change of ids.
# result: {"EPERM": ["capset", "capget", "ambient", "keep", "securebits", "drop from the bounding set"], "ok": ["twin"]}
PR_SET_KEEPCAPS, PR_CAPBSET_DROP, PR_SET_SECUREBITS, PR_CAP_AMBIENT, PR_GET_NO_NEW_PRIVS = 8, 24, 28, 47, 39


def main():
    header = (0x20080522).to_bytes(4, "little") + bytes(4)
    return survey(
        ("capset", header, b"\xff" * 24), ("capget", header, bytes(24)), ("ambient: prctl", PR_CAP_AMBIENT, 2, 21, 0, 0),
        ("keep: prctl", PR_SET_KEEPCAPS, 1, 0, 0, 0), ("securebits: prctl", PR_SET_SECUREBITS, 0, 0, 0, 0),
        ("drop from the bounding set: prctl", PR_CAPBSET_DROP, 0, 0, 0, 0), ("twin: prctl", PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
    )
