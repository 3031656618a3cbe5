# A library that asks for the home when it is imported, and would start a browser.
# expect: true
import kaleido


def main():
    return callable(kaleido.write_fig)
