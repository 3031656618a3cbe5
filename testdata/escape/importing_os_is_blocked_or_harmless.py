# The plainest: import os and read the server's file.
# blocked: import os
# status: script_error
# error~: (FileNotFoundError: \[Errno 2\] No such file or directory|PermissionError: \[Errno 13\] Permission denied): '.*'
# denied~: |files outside the script's own directory are not available to scripts \(refused by landlock\)
import os


def main(targets):
    return os.read(os.open(targets["file"], os.O_RDONLY), 100).decode()
