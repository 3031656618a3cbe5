# An object that does not want to go.
# result: "returned"


class C:
    def __del__(self):
        while True:
            pass


def main():
    globals()["kept"] = C()
    return "returned"
