// Package shelf keeps sets of packages that were installed for callers, within a
// bound of disk space, for as long as there is no use for their room.
//
//	<dir>/<key>/manifest     what is in packages, with hashes; locked while it is used
//	<dir>/<key>/asked        which requests have led to it, and when
//	<dir>/<key>/packages/    the set
//	<dir>/staging-*/         installations under way, of a process that has it locked
//
// A set gets its name by a rename as the last step. What is found is believed when
// it belongs to this user, nobody else can write to it, and every file has the hash
// that the manifest says; what is not is removed. Several processes may share a
// directory, as long as its file system has locks (flock): a set that one of them
// uses is removed by none. Each counts what it finds, so that together they may go
// beyond the bound while they install at the same moment.
package shelf
