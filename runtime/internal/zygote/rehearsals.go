package zygote

// nativeSettings are environment variables that only C code sees, in the zygote
// and in every worker: they are set behind Python's back, whose os.environ stays
// empty.
var nativeSettings = map[string]string{
	// A fork loses threads, so a library must not start any while it is
	// imported. In a worker there would be one for each processor of the host,
	// while a run has a share of them.
	"OPENBLAS_NUM_THREADS": "1",
	"OMP_NUM_THREADS":      "1", // scikit-learn, and the pool of pyarrow
	"MKL_NUM_THREADS":      "1",
	"ARROW_IO_THREADS":     "1", // of 8; started when first needed
	// pyarrow's jemalloc has a thread that gives memory back, from the import on.
	"JE_ARROW_MALLOC_CONF": "background_thread:false",
	// A generic thread of OpenMP spins for a while when it has nothing to do: on
	// a share of a processor that is the time of somebody else.
	"OMP_WAIT_POLICY": "passive",
	// HDF5 locks its files by flock, which is refused, and has no file of others.
	"HDF5_USE_FILE_LOCKING": "FALSE",
}

// librarySettings are environment variables that Python code finds in os.environ
// while modules are preloaded, and not afterwards.
var librarySettings = map[string]string{
	"MPLBACKEND": "agg", // there is no display; the choice holds afterwards
	// Read by Python code, when pandas imports it where it is installed.
	"NUMEXPR_NUM_THREADS": "1",
}

// rehearsal is a program that the zygote runs once the module is preloaded, so
// that what a library does when it is first used is done once for all runs. It
// must start no thread and leave nothing behind.
//
// It comes after the first worker, whose caller may be waiting. One that is early
// comes before it, too, and so before the zygote's size is read, on top of which a
// run has its memory.
type rehearsal struct {
	Module string `json:"module"`
	Text   string `json:"text"`
	Early  bool   `json:"early"`
}

var rehearsals = []rehearsal{
	{Module: "numpy", Early: true, Text: `
import numpy as np
a = np.arange(16.0).reshape(4, 4)
str((a @ a).sum()), np.linalg.solve(a + np.eye(4), a[0]), repr(a)
np.random.default_rng(0).normal(size=3), np.random.RandomState(0).rand(3)
`},
	// pyarrow reserves a GiB of address space when pandas first makes a string.
	{Module: "pandas", Early: true, Text: `
import io
import pandas as pd
days = pd.date_range("2024-01-01", periods=10)
df = pd.DataFrame({"a": range(10), "b": [x / 2 for x in range(10)], "c": ["x", "y"] * 5, "d": days})
int(df["a"].sum()), float(df["b"].mean()), df[df["a"] > 3].head(), df.describe()
df.groupby("c")["a"].sum().to_dict(), df.merge(df, on="a"), df.sort_values("b"), df.to_dict("records")
pd.read_csv(io.StringIO(df.to_csv(index=False)), parse_dates=["d"]), repr(df)
`},
	// Every fork lets go of the fonts that are open, which takes it a hundred page
	// faults; here it is done once.
	{Module: "matplotlib.pyplot", Text: `
import io, sys
import matplotlib.pyplot as plt
fig, ax = plt.subplots()
ax.plot([1, 2], [3, 4], label="$x^2$")
ax.bar([1, 2], [3, 4])
ax.set_title("title")
ax.legend()
fig.savefig(io.BytesIO())
plt.close(fig)
get_font = getattr(sys.modules.get("matplotlib.font_manager"), "_get_font", None)
getattr(getattr(get_font, "__wrapped__", get_font), "cache_clear", int)()
`},
	// scikit-learn asks it for the libraries that are loaded. It takes them from
	// /proc where there is one, and does not expect that it can't be read, as where
	// Landlock alone hides files.
	{Module: "threadpoolctl", Early: true, Text: `
import threadpoolctl
threadpoolctl._HAS_PROCFS = False
`},
}
