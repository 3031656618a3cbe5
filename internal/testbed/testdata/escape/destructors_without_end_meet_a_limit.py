# An object that does not want to go: Python calls it at its end, and so does a run.
# status: cpu_limit


class C:
    def __del__(self):
        while True:
            pass


def main():
    globals()["kept"] = C()
    return "returned"
