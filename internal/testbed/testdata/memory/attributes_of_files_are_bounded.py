# Attributes hold data beside the file.
# status: ok|memory_limit
# holds: 16


def main(aim):
    os.close(os.open("f", os.O_CREAT | os.O_WRONLY))
    return held(repeat(lambda: os.setxattr("f", "user.%d" % len(os.listxattr("f")), bytes(60000)), aim * 16))
