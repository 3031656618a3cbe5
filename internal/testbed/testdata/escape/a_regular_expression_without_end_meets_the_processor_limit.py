# One that tries every way to split a text.
# status: cpu_limit
# error: Script exceeded the CPU limit of 1 seconds
import re


def main():
    return bool(re.match(r"(a|aa)+$", "a" * 60 + "b"))
