# asyncio: a loop with its own sockets, threads, streams over a pair, signals of
# time, and a second loop.
# result: {"gathered": [0, 1, 2], "thread": 42, "echo": "hello\n", "timeout": "TimeoutError", "again": 7}
import asyncio
import socket


async def everything():
    async def later(n):
        await asyncio.sleep(0.01)
        return n

    out = {"gathered": await asyncio.gather(*map(later, range(3))), "thread": await asyncio.to_thread(lambda: 42)}
    a, b = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=a)
    other, back = await asyncio.open_connection(sock=b)
    writer.write(b"hello\n")
    back.write(await other.readline())
    out["echo"] = (await reader.readline()).decode()
    writer.close()
    back.close()
    try:
        await asyncio.wait_for(asyncio.sleep(5), 0.01)
    except TimeoutError as e:
        out["timeout"] = type(e).__name__
    return out


def main():
    return {**asyncio.run(everything()), "again": asyncio.run(asyncio.sleep(0, 7))}
