// Package wheel knows the files that distributions come in: what their names
// say, which of them run here, and how to unpack one that nobody has to trust.
//
// A wheel is a zip archive. [Open] looks at all of it before anything is
// written: sizes and counts, paths, the sort of each entry, and that name and
// version inside are those of the file's name. [Wheel.Unpack] then writes, with
// an os.Root that no path leads out of, and compares each file with the hash
// that the wheel's RECORD has of it. Nothing in a wheel is ever executed.
package wheel
