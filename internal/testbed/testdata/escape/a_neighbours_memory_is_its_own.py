# Take all the memory that there is, beside a run that needs little.
# beside: beside/holds_a_secret.py
# result: {"refused": true}


def main():
    kept = []
    try:
        while True:
            kept.append(b"x" * (1 << 20))
    except MemoryError:
        kept.clear()
    return {"refused": True}
