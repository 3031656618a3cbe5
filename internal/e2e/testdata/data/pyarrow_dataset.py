# A data set of several files, read with a filter, by pyarrow's own threads.
# expect: {"rows": 20, "files": 3}
import pyarrow as pa
import pyarrow.dataset as ds

def main():
    t = pa.table({"key": [i % 3 for i in range(60)], "n": list(range(60))})
    ds.write_dataset(t, "set", format="parquet", partitioning=["key"])
    d = ds.dataset("set", partitioning=["key"])
    return {"rows": d.to_table(filter=ds.field("key") == 1).num_rows, "files": len(d.files)}
