// Package packages makes a directory of Python distributions out of a
// requirements file, once, and finds it again afterwards.
//
// # How a directory comes to be
//
//	check    → what the requirements file may say: see requirements.go
//	pip      → the bundled interpreter runs the pip that the module
//	           go-embed-python carries; wheels only, so that nothing is built
//	trim     → away with what no script can use (the table in trim.go)
//	fonts    → matplotlib's list of fonts, which otherwise every run would make
//	compile  → byte code for every module
//	note     → the shared libraries that the extension modules need of the machine
//	settle   → modes and one time stamp, so that the same files make the same image
//
// pip is the operator's: it takes its index, its certificates and its proxy from
// the environment of the process, like every pip does, and it runs before a
// caller is listened to. Where the file has hashes pip demands one of every
// distribution.
//
// Wheels are data until somebody imports them. Scripts do so in the sandbox, the
// zygote in its jail; only the list of fonts is made outside, in a process with
// an empty environment.
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
