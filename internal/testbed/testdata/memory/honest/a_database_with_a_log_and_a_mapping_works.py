# sqlite3: a write-ahead log, which takes a shared mapping of a file, and a
# database that is mapped.
# result: {"journal": "wal", "rows": 5000, "sum": 12497500, "other": 5000, "mapped": 8388608, "again": 5000, "check": "ok", "after": "delete"}
import sqlite3


def main():
    db = sqlite3.connect("db")
    out = {"journal": db.execute("pragma journal_mode=wal").fetchone()[0]}
    db.execute("create table t(n integer, s text)")
    with db:
        db.executemany("insert into t values(?, ?)", ((n, "x" * 100) for n in range(5000)))
    out["rows"], out["sum"] = db.execute("select count(*), sum(n) from t").fetchone()
    other = sqlite3.connect("db")
    out["other"] = other.execute("select count(*) from t").fetchone()[0]
    out["mapped"] = other.execute("pragma mmap_size=8388608").fetchone()[0]
    out["again"] = other.execute("select count(*) from t where length(s) = 100").fetchone()[0]
    out["check"] = other.execute("pragma integrity_check").fetchone()[0]
    other.close()
    out["after"] = db.execute("pragma journal_mode=delete").fetchone()[0]
    db.close()
    return out
