# What is in the root that a script sees, where it can be listed.
# result: "EACCES"
# in gvisor-root gvisor-user: result~: \["dev","lib","lib64",("packages",)?"python","tmp"\]
# because: without Landlock the private root itself can be listed
# in gvisor-root gvisor-user: stdout: ['null', 'urandom']
# because: and these are what is in its dev


def main():
    came = outcome(os.listdir, "/")
    if came != "ok":
        return came
    print(sorted(os.listdir("/dev")), end="")
    return sorted(os.listdir("/"))
