# Bytes that are not UTF-8, half a character, control characters, NUL.
# result: 1
# stdout~: \x{FFFD}+\x1b\[2Ja\x{0}b\x{FFFD}+


def main():
    os.write(1, b"\xff\xfe\x1b[2Ja\0b\xe2\x82")
    return 1
