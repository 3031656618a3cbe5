# Attributes by format strings, the hole of many sandboxes of the language.
# result: {"globals": true, "secret": false, "formatter": true}
import string


class C:
    def __init__(self):
        pass


def main():
    text = "{0.__init__.__globals__}".format(C())
    marker = "".join(["can", "ary", "-"])
    return {"globals": "NUMBERS" in text, "secret": marker in text.replace(repr(marker), ""),
            "formatter": bool(string.Formatter().get_field("0.__class__.__base__", (C(),), {}))}
