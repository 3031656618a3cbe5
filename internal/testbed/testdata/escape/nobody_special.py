# Who a script is: not root, in no other group, and for good.
# result: {"root": false, "groups": [], "no new privileges": 1}
# in gvisor-user: result: {"root": false, "groups": [65534], "no new privileges": 1}
# because: an ordinary user can't give up its groups, and gVisor shows them in a namespace without a map
# in podman-nons-user: result~: \{"root":false,"groups":\[(65534)?\],"no new privileges":1\}
# because: an ordinary user can't give up its groups, if it has any, and no namespace hides them
PR_GET_NO_NEW_PRIVS = 39


def main():
    return {"root": os.getuid() == 0 or os.geteuid() == 0, "groups": os.getgroups(), "no new privileges": call("prctl", PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)}
