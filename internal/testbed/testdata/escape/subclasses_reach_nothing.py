# From an empty tuple to every class there is, to os, to the file.
# result: {"refused": ["by os", "by the reader of modules", "by a raw file"]}


def main(targets):
    classes = ().__class__.__base__.__subclasses__()
    named = {c.__name__: c for c in classes}
    wrap = next(c for c in classes if c.__name__ == "_wrap_close")
    loader = next(c for c in classes if c.__name__ == "FileLoader")
    raw = next(c for c in named["_IOBase"].__subclasses__() if c.__name__ == "_RawIOBase").__subclasses__()[0]
    return reach(**{
        "by os": lambda: wrap.__init__.__globals__["open"](targets["file"], 0),
        "by the reader of modules": lambda: loader("x", targets["file"]).get_data(targets["file"]),
        "by a raw file": lambda: raw(targets["file"]),
    })
