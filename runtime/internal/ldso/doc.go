// Package ldso finds out which shared libraries a program needs of the machine,
// and where its dynamic loader (ld.so) will look for them.
//
// # Why
//
// Scripts are shut in a root directory that holds the interpreter, the packages,
// and nothing else of the machine. CPython is linked against the machine's C
// library, extension modules against more. What is left out cannot be imported,
// or nothing starts at all; all of /lib and /usr/lib is far more than scripts
// should see. So the list has to be exact, on whatever distribution the server is.
//
// Asking the loader itself (ldd, LD_TRACE_LOADED_OBJECTS) runs code of each
// file and needs a shell or a process per module; with packages there are
// hundreds. Reading the files takes milliseconds and executes nothing.
//
// # How
//
//	elf.go      what the loader reads of one file: PT_INTERP, DT_NEEDED, DT_RPATH, DT_RUNPATH
//	search.go   where it looks for a name, in its order; ld.so.conf, which stands in for ld.so.cache
//	closure.go  what the program and its modules need, what that needs, and so on
//	memo.go     the answer for a directory of packages, kept beside them
//	paths.go    paths, as this package and those above compare them
//
// The search differs from the loader's in two things. A directory may be shown
// at another path in the private root, as a whole (a "home"): what is found
// relative to its own place in there ($ORIGIN) moves with it and is not listed.
// And the root has no ld.so.cache: a library that only the cache leads to is
// listed beside the C library, where everything is looked for.
//
// Of a file that is no ELF file, or one for another architecture, nothing is
// needed. LD_LIBRARY_PATH, LD_PRELOAD, and the hwcaps subdirectories are not
// looked at: the interpreter is started without the first two, and the third
// hold faster copies of what is found without them.
package ldso
