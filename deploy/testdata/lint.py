"""Checks deployment files and gcloud commands with gcloud's own parsers, offline.

    lint.py SDK cloudbuild FILE      a configuration of Cloud Build, and the gcloud steps in it
    lint.py SDK service FILE         a Knative service
    lint.py SDK commands FILE...     gcloud commands in shell scripts and in the sh blocks of Markdown

Run it with the Python that comes with the SDK. Prints what it looked at; exits
with 1 and says why when gcloud would refuse something.
"""
import os
import re
import shlex
import sys

sdk = sys.argv[1]
os.environ["CLOUDSDK_LIB"] = sdk + "/lib"
sys.path[:0] = [sdk + "/lib", sdk + "/lib/third_party", sdk + "/data/cli"]

import gcloud_completions
from googlecloudsdk.api_lib.cloudbuild import config
from googlecloudsdk.api_lib.util import apis, messages
from googlecloudsdk.core import yaml

TREE = gcloud_completions.STATIC_COMPLETION_CLI_TREE


def check(words):
    """Checks the words behind "gcloud" and returns the command."""
    node, path, flags = TREE, [], dict(TREE["flags"])
    words = list(words)
    while words and words[0] in node["commands"]:
        path.append(words.pop(0))
        node = node["commands"][path[-1]]
        flags.update(node["flags"])
    command = " ".join(["gcloud"] + path)
    if node["commands"]:
        raise ValueError(f"{command}: unknown command {words[:1]}")
    for word in words:
        if not word.startswith("--"):
            continue
        name, given, value = word.partition("=")
        kind = flags.get(name)
        if kind is None and name.startswith("--no-") and flags.get("--" + name[5:]) == "bool":
            kind = "bool"
        if kind is None:
            raise ValueError(f"{command}: unknown flag {name}")
        if kind == "bool" and given:
            raise ValueError(f"{command}: {name} takes no value")
        if isinstance(kind, list) and given and "$" not in value and value not in kind:
            raise ValueError(f"{command}: {name}: {value}: not one of {kind}")
    return command


def commands(path):
    """Yields the gcloud commands of a script or of the sh blocks of Markdown."""
    text = open(path).read()
    if path.endswith(".md"):
        text = "\n".join(re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S))
    for line in text.replace("\\\n", " ").split("\n"):
        if line.lstrip().startswith("#"):
            continue
        # Up to the end of the command, or of the $() that it is in.
        for m in re.finditer(r"\bgcloud ((?:'[^']*'|\"[^\"]*\"|[^'\"|;&)])*)", line):
            yield shlex.split(m.group(1), comments=True)


def lint(kind, paths):
    if kind == "commands":
        return [check(words) for path in paths for words in commands(path)]
    if kind == "service":
        service = messages.DictToMessageWithErrorCheck(yaml.load_path(paths[0]), apis.GetMessagesModule("run", "v1").Service)
        return ["service " + service.metadata.name]
    build = config.LoadCloudbuildConfigFromPath(paths[0], apis.GetMessagesModule("cloudbuild", "v1"), params={})
    if not build.options or not build.options.logging:
        raise ValueError("options.logging is not set: a build under an account of its own needs it")
    if str(build.options.requestedVerifyOption) != "VERIFIED":
        raise ValueError("options.requestedVerifyOption is not VERIFIED: the image would have no provenance")
    for step in build.steps:
        if not step.name.startswith("${_"):
            raise ValueError(f"step {step.id}: its builder is no substitution, and can't be pinned by its digest")
    used = set(re.findall(r"\$\{?(_[A-Z0-9_]+)", open(paths[0]).read()))
    defined = {p.key for p in build.substitutions.additionalProperties}
    if used ^ defined:
        raise ValueError(f"substitutions: used and not defined, or the reverse: {used ^ defined}")
    return ["step " + step.id for step in build.steps] + [check(step.args) for step in build.steps if step.entrypoint == "gcloud"]


try:
    print("\n".join(lint(sys.argv[2], sys.argv[3:])))
except Exception as e:
    sys.exit(f"{type(e).__name__}: {e}")
