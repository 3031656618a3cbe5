# os.system does not raise. What it returns says that no shell ran.
# result: true


def main():
    return os.system("exit 0") != 0
