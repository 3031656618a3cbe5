# The address that gives out the service account's token.
# status: script_error
# error: urllib.error.URLError: <urlopen error [Errno 1] Operation not permitted>
# denied: network access is not available to scripts (refused by seccomp)
import urllib.request


def main():
    url = "http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token"
    return urllib.request.urlopen(urllib.request.Request(url, headers={"Metadata-Flavor": "Google"}), timeout=2).read().decode()
