# Each way to import by a name that the check does not see, to the same file.
# result: {"refused": ["dunder", "importlib", "builtins", "spec", "builtin", "exec_", "eval_", "modules", "pydoc", "pkgutil"]}
import builtins
import importlib.machinery
import importlib.util
import sys


def main(targets):
    def with_(module):
        return lambda: module().open(targets["file"], 0)

    def spec():
        s = importlib.util.find_spec("posix")
        m = importlib.util.module_from_spec(s)
        s.loader.exec_module(m)
        return m

    names = {}
    return reach(
        dunder=with_(lambda: __import__("posix")), importlib=with_(lambda: importlib.import_module("posix")),
        builtins=with_(lambda: builtins.__dict__["__imp" + "ort__"]("posix")), spec=with_(spec),
        builtin=with_(lambda: importlib.machinery.BuiltinImporter.load_module("posix")),
        exec_=with_(lambda: exec("import posix", names) or names["posix"]), eval_=with_(lambda: eval("__import__('posix')")),
        modules=with_(lambda: sys.modules["posix"]), pydoc=with_(lambda: importlib.import_module("pydoc").locate("posix")),
        pkgutil=with_(lambda: importlib.import_module("pkgutil").resolve_name("posix")),
    )
