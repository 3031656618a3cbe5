# A report from a template, one from a file beside the script.
# expect: {"text": "Ada: 2; Bob: 3; ", "escaped": "&lt;b&gt;", "file": "Hello, Ada", "missing": "UndefinedError"}
import pathlib

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, UndefinedError

def main():
    pathlib.Path("hello.txt").write_text("Hello, {{ name|capitalize }}")
    try:
        missing = Environment(undefined=StrictUndefined).from_string("{{ nothing }}").render()
    except UndefinedError as e:
        missing = type(e).__name__
    return {
        "text": Template("{% for n, v in rows %}{{ n }}: {{ v }}; {% endfor %}").render(rows=[("Ada", 2), ("Bob", 3)]),
        "escaped": Environment(autoescape=True).from_string("{{ x }}").render(x="<b>"),
        "file": Environment(loader=FileSystemLoader(".")).get_template("hello.txt").render(name="ada"),
        "missing": missing,
    }
