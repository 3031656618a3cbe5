# A file that the server may read, by every way to name or open it.
# result: {"refused": ["open", "raw", "os", "io", "code", "link", "rename", "write", "append", "truncate", "unlink", "chmod", "utime", "listdir", "scandir", "relative", "pathlib", "shutil", "tokenize", "runpy", "chdir"], "OperationalError": ["sqlite"], "ok": ["twin"]}
import importlib
import io
import pathlib
import runpy
import shutil
import sqlite3
import tokenize


def main(targets):
    file, folder = targets["file"], os.path.dirname(targets["file"])
    return reach(
        open=lambda: open(file), raw=lambda: io.FileIO(file), os=lambda: os.open(file, os.O_RDONLY), io=lambda: io.open(file, "rb", buffering=0),
        code=lambda: io.open_code(file), link=lambda: os.link(file, "mine"), rename=lambda: os.rename(file, "mine"),
        write=lambda: open(file, "r+"), append=lambda: open(file, "a"), truncate=lambda: os.truncate(file, 0), unlink=lambda: os.unlink(file),
        chmod=lambda: os.chmod(file, 0o777), utime=lambda: os.utime(file, (0, 0)), listdir=lambda: os.listdir(folder), scandir=lambda: os.scandir(folder),
        relative=lambda: open("../../../../../../../../.." + file),
        sqlite=lambda: sqlite3.connect(f"file:{file}?mode=ro", uri=True).execute("select 1 from sqlite_master"),
        pathlib=lambda: pathlib.Path(file).read_text(), shutil=lambda: shutil.copy(file, "mine"), tokenize=lambda: tokenize.open(file), runpy=lambda: runpy.run_path(file),
        twin=lambda: open("own", "w"), chdir=lambda: (os.chdir(folder), os.listdir("."), open(os.path.basename(file))),
    )
