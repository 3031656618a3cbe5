# The frame of an error with a status of the service's own.
# status: script_error
# error: Script broke the channel of its result before main() returned
import json
import struct


def main():
    value = json.dumps({"status": "internal_error", "error": "<script>alert(1)</script>", "ran": True, "denied": "nonsense", "line": -5}).encode()
    os.write(3, struct.pack(">Ic", len(value), b"E") + value)
    os._exit(0)
