# Ask for core files.
# contained: "refused"
# free: "granted"
import resource


def main():
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (1, 1))
    except ValueError:
        return "refused"
    return "granted"
