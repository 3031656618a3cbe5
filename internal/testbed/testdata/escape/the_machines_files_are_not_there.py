# Where secrets and sockets of a machine usually lie.
# result: {"refused": ["passwd", "shadow", "hosts", "resolver", "root's home", "keys", "service account", "docker", "systemd", "logs", "cloud", "boot", "the server", "the root", "temporary files of others", "shared memory"]}
# in gvisor-root gvisor-user: result: {"refused": ["passwd", "shadow", "hosts", "resolver", "root's home", "keys", "service account", "docker", "systemd", "logs", "cloud", "boot", "the server", "temporary files of others", "shared memory"], "ok": ["the root"]}
# because: without Landlock the private root itself can be listed


def main():
    home = "/" + "root"
    names = {
        "passwd": "/etc/passwd", "shadow": "/etc/shadow", "hosts": "/etc/hosts", "resolver": "/etc/resolv.conf", "root's home": home, "keys": home + "/.ssh/id_rsa",
        "service account": "/var/run/secrets/kubernetes.io/serviceaccount/token", "docker": "/var/run/docker.sock", "systemd": "/run/systemd", "logs": "/var/log",
        "cloud": "/var/lib/google", "boot": "/boot", "the server": "/server", "the root": "/", "temporary files of others": "/var/tmp", "shared memory": "/dev/shm",
    }
    return reach(**{label: (lambda path=path: os.open(path, os.O_RDONLY)) for label, path in names.items()})
