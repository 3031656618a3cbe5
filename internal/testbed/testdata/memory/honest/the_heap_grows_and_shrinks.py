# Objects of all sizes come and go for many rounds: what was freed is had again.
# result: {"rounds": 12, "last": 48}


def main():
    for i in range(12):
        kept = [bytearray(1 << 20) for _ in range(24)]
        small = [bytes(100) for _ in range(100000)]
        last = len(kept) * 2
        del kept, small
    return {"rounds": i + 1, "last": last}
