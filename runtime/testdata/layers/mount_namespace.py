# Is the /tmp that everybody sees the one this run works in?


def main():
    return os.stat("/tmp").st_dev == os.stat(".").st_dev
