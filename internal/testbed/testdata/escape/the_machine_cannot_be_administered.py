# Modules, another kernel, a restart, swap, clocks, names: all with arguments
# that would do nothing.
# result: {"EPERM": ["init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff", "sethostname", "setdomainname", "settimeofday", "clock_settime", "adjtimex", "clock_adjtime", "acct", "quotactl", "syslog", "vhangup", "sync"], "ok": ["twin"]}


def main():
    return survey(
        ("init_module", 0, 0, ""), ("finit_module", -1, "", 0), ("delete_module", "no such module", 0), ("kexec_load", 0, 0, 0, -1), ("kexec_file_load", -1, -1, 0, 0, -1),
        ("reboot", 0, 0, 0, 0), ("swapon", "", 0), ("swapoff", ""), ("sethostname", 0, 65), ("setdomainname", 0, 65),
        ("settimeofday", 0, 0), ("clock_settime", -1, 0), ("adjtimex", 0), ("clock_adjtime", -1, 0),
        ("acct", ""), ("quotactl", -1, "", 0, 0), ("syslog", 3, bytes(64), 64), ("vhangup",), ("sync",), ("twin: clock_gettime", 0, bytes(16)),
    )
