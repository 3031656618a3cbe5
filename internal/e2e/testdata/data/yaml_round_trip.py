# YAML in and out, by the parser in C, too.
# expect: {"back": true, "c": true, "text": "a:\n- 1\n- x\nb: null\n", "refused": "ConstructorError"}
import yaml

def main():
    value = {"a": [1, "x"], "b": None}
    try:
        refused = yaml.safe_load("!!python/object/apply:os.getcwd []")
    except yaml.YAMLError as e:
        refused = type(e).__name__
    text = yaml.safe_dump(value)
    return {
        "back": yaml.safe_load(text) == value,
        "c": yaml.load(text, yaml.CSafeLoader) == value,
        "text": text,
        "refused": refused,
    }
