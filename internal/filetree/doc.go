// Package filetree makes directories whose files are executed later, by this
// user or another one: an interpreter, packages, the root directory of an image.
//
// What is said of such a directory has to be true at every moment, whatever is
// killed on the way:
//
//	once.go    it is made once, by one process at a time
//	build.go   it is whole, or it is not there
//	settle.go  its files have known modes and one time stamp, whatever the umask is
//	copy.go    a file of the machine in it is a copy that everybody can read
//	owner.go   nobody else can have put anything into it
//
// A directory that a [Cache] holds comes to be under a lock, in a staging directory
// beside it, and gets its name by a rename as the last step. A process that is
// killed leaves only a staging directory, which the next one to hold the lock
// removes. Whoever finds the directory takes no lock and writes nothing, so that
// the cache may be part of a read-only image.
package filetree
