# Shadow the library with modules in the working directory, and replace what
# is imported already. The next run must not see them.
# before: before/shadow_the_library.py
# result: {"json": "[1]", "files": [], "marked": false, "builtins": "len"}
import builtins
import json


def main():
    return {"json": json.dumps([1]), "files": os.listdir("."), "marked": hasattr(json, "marked") or hasattr(builtins, "marked"), "builtins": len.__name__}
