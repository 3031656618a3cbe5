# Write to where nothing is.
# status: killed
# error: Script was killed by SIGSEGV


def main():
    ctypes.memset(0, 0, 1)
