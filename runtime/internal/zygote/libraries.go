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
	"NUMEXPR_NUM_THREADS":  "1",
	"ARROW_IO_THREADS":     "1", // of 8; started when first needed
	// pyarrow's jemalloc has a thread that gives memory back, from the import on.
	"JE_ARROW_MALLOC_CONF": "background_thread:false",
	// A generic thread of OpenMP spins for a while when it has nothing to do: on
	// a share of a processor that is the time of somebody else.
	"OMP_WAIT_POLICY": "passive",
}

// librarySettings are environment variables that Python code finds in os.environ
// while modules are preloaded, and not afterwards.
var librarySettings = map[string]string{
	"MPLBACKEND": "agg", // there is no display; the choice holds afterwards
	// Processes are refused: with this joblib does not try, and works in the
	// caller's thread.
	"JOBLIB_MULTIPROCESSING": "0",
}
