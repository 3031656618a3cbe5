# Who am I?
# contained~: \[\[6.*
# free~: \[\[0,0,0\],\[0,0,0\].*
# in user gVisor-user: contained~: \[\[65534,65534,65534\],\[65534,65534,65534\].*
# because: no other uid can be had; a user namespace stands in for it


def main():
    return [os.getresuid(), os.getresgid(), os.getgroups()]
