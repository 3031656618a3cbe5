# The plainest: import os and read the server's file.
# blocked: import os
# status: script_error
# error~: FileNotFoundError: \[Errno 2\] No such file or directory: '/tmp/.*/secret'
# in podman podman-privileged gvisor-root gvisor-user: error: FileNotFoundError: [Errno 2] No such file or directory: '/srv/secret'
# because: the file is another one
# in podman podman-privileged gvisor-root gvisor-user: denied: files outside the script's own directory are not available to scripts (refused by private_root)
# because: it is in none of the directories that scripts have, too
# in docker podman-nons: error~: FileNotFoundError: \[Errno 2\] No such file or directory: '(/srv|/tmp/.*)/secret'
# because: the suite runs inside an image, too, with the file in /tmp, of which scripts have one
# in docker podman-nons: denied~: |files outside the script's own directory are not available to scripts \(refused by chroot\)
# because: the same
# in podman-nons-user: error~: PermissionError: \[Errno 13\] Permission denied: '(/srv|/tmp/.*)/secret'
# because: Landlock does not hide what it refuses
# in podman-nons-user: denied: files outside the script's own directory are not available to scripts (refused by landlock)
# because: it is Landlock that refuses
import os


def main(targets):
    return os.read(os.open(targets["file"], os.O_RDONLY), 100).decode()
