# Ask for core files.
import resource


def main():
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (1, 1))
    except ValueError:
        return "refused"
    return "granted"
