# Write to what is read from, and to a descriptor beyond all.
# result: {"stdin": "EBADF", "beyond": "EBADF", "read": 0}


def main():
    return {"stdin": outcome(os.write, 0, bytes(1 << 20)), "beyond": outcome(os.write, 99, b"x"), "read": len(os.read(0, 10))}
