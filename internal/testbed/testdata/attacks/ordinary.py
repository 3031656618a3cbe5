# The twin of all attacks: what ordinary programs do must live.
# entries: "files": [["a", "c", "l", "out", "t", "untarred", "z"], "te"], "database": 36, "asyncio": "ab"
# entries: "pool": 2470, "timer": true, "zone": "Europe/Berlin", "hash": "e3b0c442", "json": [1]
# entries: "type": "text/plain", "random": 9, "cpus": true, "random bytes": 9
import asyncio
import concurrent.futures
import hashlib
import json
import mimetypes
import pathlib
import random
import shutil
import sqlite3
import tarfile
import tempfile
import threading
import zipfile
import zoneinfo


def files():
    with tempfile.TemporaryDirectory() as d:
        a = pathlib.Path(d, "a")
        a.write_text("text")
        a.touch()
        shutil.copyfile(a, a.with_name("b"))
        os.rename(a.with_name("b"), a.with_name("c"))
        os.symlink(a, a.with_name("l"))
        with zipfile.ZipFile(a.with_name("z"), "w") as z:
            z.write(a, "a")
        with zipfile.ZipFile(a.with_name("z")) as z:
            z.extractall(a.with_name("out"))
        with tarfile.open(a.with_name("t"), "w") as t:
            t.add(a, "a")
        with tarfile.open(a.with_name("t")) as t:
            t.extractall(a.with_name("untarred"))
        if attempt(os.truncate, a, 2) == "EPERM":  # where modes and sizes by path are refused
            with a.open("r+") as f:
                f.truncate(2)
        with tempfile.TemporaryFile() as f:
            f.write(b"x")
        return [p.name for p in sorted(pathlib.Path(d).iterdir())], a.read_text()


def database():
    with sqlite3.connect("db") as db:
        db.execute("create table t (x)")
        db.executemany("insert into t values (?)", [(n,) for n in range(9)])
    return sqlite3.connect("db").execute("select sum(x) from t").fetchone()[0]


async def waits():
    reader, writer = await asyncio.gather(asyncio.sleep(0.001, "a"), asyncio.to_thread(str, "b"))
    return reader + writer


def main():
    done = threading.Event()
    threading.Timer(0.001, done.set).start()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        squares = sum(pool.map(lambda n: n * n, range(20)))
    return {
        "files": files(), "database": database(), "asyncio": asyncio.run(waits()), "pool": squares, "timer": done.wait(5),
        "zone": str(zoneinfo.ZoneInfo("Europe/Berlin")), "hash": hashlib.sha256(b"").hexdigest()[:8],
        "json": json.loads("[1]"), "type": mimetypes.guess_type("a.txt")[0], "random": len({random.random() for _ in range(9)}), "cpus": os.cpu_count() > 0,
        "random bytes": len(os.urandom(9)),
    }
