# Brackets in text that the script parses itself.
# status: script_error
# error: RecursionError: maximum recursion depth exceeded while decoding a JSON array from a unicode string
# in python-3.14: status: script_error
# in python-3.14: error~: RecursionError: Stack overflow \(used [0-9]+ kB\) while decoding a JSON array from a unicode string
# because: its bound on recursion in C is the stack
import json


def main():
    return json.loads("[" * 100000)
