// Package packages makes a directory of Python distributions out of a
// requirements file, once, and finds it again afterwards.
//
// # How a directory comes to be
//
//	read     → the requirements file, and those that it includes: requirements.go
//	choose   → a version of everything that is asked for or needed: package
//	           resolve, with what the indexes have (package index) that runs
//	           here (source.go)
//	fetch    → wheels only, so that nothing is built; compared with their hashes
//	unpack   → by package wheel, without what no script can use (trim.go)
//	fonts    → matplotlib's list of fonts, which otherwise every run would make
//	compile  → byte code for every module
//	note     → the shared libraries that the extension modules need of the machine
//	settle   → modes and one time stamp, so that the same files make the same image
//
// All but byte code and fonts is done in Go: no program of the bundled
// interpreter meets the network. Where the file has a hash, everything has to
// have one. The rules are pip's, but for what is stricter: docs/decisions/075.
//
// Wheels are data until somebody imports them. Scripts do so in the sandbox, the
// zygote in its jail; only the list of fonts is made outside, in a process with
// an empty environment.
//
// # What a script asks for
//
// Package script reads the comment in which a script says what it needs (PEP 723),
// and compares it with environments; package installed reads what a directory has.
// They share the versions and requirements of the above, and install nothing.
//
// [Demand] installs what a script asks for, within bounds and without executing
// anything: it makes neither byte code nor a list of fonts. Package shelf keeps it.
//
// # Where it is
//
// [Install] makes the directory where it is told to, for an image. [Open] keeps
// those of a server in the cache, beside the interpreter:
//
//	<cache>/packages.lock            held while one process installs
//	<cache>/packages-<key>/          a finished directory
//	<cache>/packages-staging-*/      an installation under way, or what a killed one left
//
// The key is a hash over the requirements file and all that decides what comes of
// it. Nothing but a rename makes a directory of that name.
package packages
