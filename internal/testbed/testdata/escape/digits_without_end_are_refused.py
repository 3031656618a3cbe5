# A number to text takes the square of its length: Python's own bound holds.
# status: script_error
# error: ValueError: Exceeds the limit (4300 digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit


def main():
    return str(10 ** 100000)
