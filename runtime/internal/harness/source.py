"""From the text of a script to code: what is refused early, and why."""

from _harness.entry import keep_value
from _harness.faults import NAME, Refused

ONLY_AST, TOP_LEVEL_AWAIT = 0x400, 0x2000
_compile, _type, _isinstance = compile, type, isinstance


def read_script(text, blocked, entry="main", program=False):
    """Compile, and say early and clearly what can't work."""
    tree, flags = text, TOP_LEVEL_AWAIT if program else 0
    nul = text.find("\0")
    if nul >= 0:  # here, because Python does not say in which line
        line = text.count("\n", 0, nul) + 1
        raise Refused("syntax_error", "SyntaxError: source code string cannot contain null bytes", line)
    try:
        if program or blocked and "import" in text:
            tree = _compile(text, NAME, "exec", ONLY_AST | flags, True)
        if program:
            keep_value(tree, text)
        code = _compile(tree, NAME, "exec", flags, True)
    except SyntaxError as e:
        raise Refused("syntax_error", f"{type(e).__name__}: {e.msg}", e.lineno or 1) from None
    except ValueError as e:
        raise Refused("syntax_error", f"SyntaxError: {e}", 1) from None
    except (RecursionError, MemoryError):
        # Both are CPython's ways to say that its parser gave up; a script
        # of at most a few MiB can't use up the memory.
        raise Refused("syntax_error", "SyntaxError: the script is nested too deeply", 1) from None
    if not program and entry not in code.co_names and not may_be_made(text):
        raise Refused("main_missing", "")
    if tree is not text:
        check_imports(tree, blocked)
    return code


def may_be_made(text):
    """Whether the function may come to be without being named: then running tells."""
    words = "exec", "eval", "globals", "locals", "vars", "__dict__", "setattr", "modules", "import *"
    return any(word in text for word in words)


def check_imports(tree, blocked):
    """Refuse imports that can't be of use here. A courtesy, not a boundary."""
    todo = [tree]
    while todo:
        node = todo.pop()
        kind = _type(node).__name__
        if kind == "Import":
            for alias in node.names:
                if alias.name.partition(".")[0] in blocked:
                    raise Refused("import_blocked", "import " + spell(alias), node.lineno)
        elif kind == "ImportFrom" and not node.level and node.module.partition(".")[0] in blocked:
            names = ", ".join(spell(a) for a in node.names)
            raise Refused("import_blocked", f"from {node.module} import {names}", node.lineno)
        for field in reversed(node._fields):
            value = getattr(node, field, None)
            if _isinstance(value, list):
                todo.extend(v for v in reversed(value) if hasattr(v, "_fields"))
            elif hasattr(value, "_fields"):
                todo.append(value)


def spell(alias):
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name
