# 48 of 64 MiB in one piece, and once more when that is gone.
# result: [50331648, 50331648, 255]


def main():
    lengths = []
    for _ in range(2):
        b = bytearray(48 << 20)
        b[::4096] = b"\xff" * (len(b) // 4096)
        lengths.append(len(b))
        last = b[-4096]
        del b
    return lengths + [last]
