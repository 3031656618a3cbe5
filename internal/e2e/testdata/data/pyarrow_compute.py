# Sums and filters over columns.
# expect: {"sum": 4950, "even": 50}
import pyarrow as pa
import pyarrow.compute as pc

def main():
    t = pa.table({"n": list(range(100))})
    return {"sum": pc.sum(t["n"]).as_py(), "even": t.filter(pc.equal(pc.bit_wise_and(t["n"], 1), 0)).num_rows}
