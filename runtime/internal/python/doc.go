// Package python provides the CPython that scripts run in: the 3.11 carried inside
// this binary, or another one the operator names.
//
// # The bundled interpreter
//
// The binary embeds CPython (github.com/kluctl/go-embed-python) as compressed
// files. [Bundled] turns them into a directory on disk, once for each machine,
// and from then on only checks it:
//
//	<cache>/python.lock                     held while one process unpacks
//	<cache>/staging-*/                      an unpack under way, or what a killed one left
//	<cache>/python-3.11.11-<recipe>/prefix  the finished tree: Interpreter.Home
//	<cache>/python-3.11.11-<recipe>/manifest
//
// A tree comes to be in this order, all of it below staging:
//
//	extract  → the files as upstream packed them
//	trim     → away with what no script can use (the table in trim.go)
//	tzdata   → the time zone database, as an installed distribution
//	strip    → debug information out of libpython: 58 MB become 24
//	compile  → byte code for every module, never checked against its source again
//	settle   → modes, whatever the umask was, and one time stamp for every file
//	manifest → size, mode and SHA-256 of every file, flushed to disk
//	rename   → into place, under a name that carries the recipe
//
// The recipe is a hash over everything that decides what the tree contains, so
// a server that would build another tree builds it elsewhere and a running
// server keeps the one it has. Nothing but the rename makes a directory of that
// name: a tree that is there is whole, and a process killed on the way leaves
// only a staging directory, which the next one to hold the lock removes.
//
// A later start takes no lock and writes nothing, so that the cache may be part
// of a read-only image and belong to root. It compares the directory with the
// manifest (names, sizes, modes, time stamps, the digest of the executable) and
// unpacks again when they differ; the bad tree is deleted, even under a server
// that still runs from it. This finds damage and accidents. It is not a
// defence against somebody who can write to the cache as the server's own user;
// against others it is refused when it is theirs or open to all.
//
// Every file carries the time stamp 1980-01-01 00:00:01 UTC. It is the one that
// buildpacks give to all files of a layer, and it has no fraction of a second
// for an image format to cut off: a tree unpacked while an image is built is
// still good when the image runs.
//
// # Time zones
//
// The file tzdata.zip is the wheel of the PyPI distribution tzdata 2026.6,
// unchanged (github.com/python/tzdata, Apache License 2.0; the data itself is
// IANA's and in the public domain). Its licence texts are unpacked with it. It
// is what zoneinfo falls back to in a root without /usr/share/zoneinfo. Under
// "-I -S" the directory it is in is not on sys.path:
// see [Interpreter.SitePackages].
//
// # Another interpreter
//
// [At] takes the prefix of an installed CPython as it is. Nothing is added to it,
// compiled or removed. [Unpack] makes such a prefix of another version of the module
// in the same steps, all but the manifest; the table in release.go has the versions,
// and what is different about each.
//
// # Shared libraries
//
// CPython is linked against the host's C library. [Interpreter.Libraries] is
// what has to be visible in a private root beside Home, wherever Home is shown
// there. Package ldso works it out at every start, because a host may be upgraded
// in between.
//
// Three more things the bundled interpreter cannot start without. It is built
// against an old C library that has no getrandom, so it reads /dev/urandom. It
// finds its standard library by argv[0], which has to be its full path. And it
// finds libpython relative to itself: the dynamic loader learns from /proc
// where that is, so in a root without /proc the environment variable
// LD_ORIGIN_PATH has to name the directory of the executable there.
package python
