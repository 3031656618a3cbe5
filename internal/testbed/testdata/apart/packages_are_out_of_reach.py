# Look for a package that only another environment has: by name, by path, in all that can be seen.
# result: {"import": "ModuleNotFoundError", "paths": [], "seen": []}
import importlib


def main(other):
    found = {"paths": [], "seen": []}
    try:
        importlib.import_module(other["module"])
        found["import"] = "found"
    except ImportError as e:
        found["import"] = type(e).__name__
    for place in other["places"]:
        for path in place, f"{place}/{other['module']}", f"{place}/{other['module']}/data":
            for look in os.listdir, lambda p: open(p).read(), lambda p: os.open(p, os.O_PATH | os.O_NOFOLLOW) and os.readlink(p):
                try:
                    found["paths"].append(repr(look(path)))
                except OSError:
                    pass
    for at, dirs, files in os.walk("/"):
        found["seen"] += [at + "/" + name for name in dirs + files if other["module"] in name]
        if len(at.split("/")) > 12:
            dirs.clear()
    return found
