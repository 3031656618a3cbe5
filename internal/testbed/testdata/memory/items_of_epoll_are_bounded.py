# Each epoll watches every file under every number. What is watched under a number
# stays when the number is another file's, as long as the file is open.
# status: ok|memory_limit
# holds: 6


def main(aim):
    select = importlib.import_module("select")
    polls, files, numbers, added = [], [], [], 0
    repeat(lambda: polls.append(select.epoll()), 19)
    repeat(lambda: files.append(os.eventfd(0)), 19)
    repeat(lambda: numbers.append(os.dup(files[0])), 100)
    for fd in numbers:
        for f in files:
            os.dup2(f, fd)
            for e in polls:
                try:
                    e.register(fd, select.EPOLLIN)
                    added += 1
                except OSError:
                    pass
    return held(len(polls), len(files), len(numbers), added)
