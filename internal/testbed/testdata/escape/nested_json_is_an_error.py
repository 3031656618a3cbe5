# Brackets in text that the script parses itself.
# status: script_error
# error: RecursionError: maximum recursion depth exceeded while decoding a JSON array from a unicode string
import json


def main():
    return json.loads("[" * 100000)
