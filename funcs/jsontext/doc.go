// Package jsontext reads and writes JSON as text, where encoding/json would
// change it: a value stays the bytes that it was, a name is exact, the order of
// members is kept. It is pure: it knows nothing of requests or of runs.
//
//	scan.go     walks text that encoding/json has found valid
//	escape.go   text → a JSON string
//	writer.go   writes JSON in pieces, so that a large one need not be in memory
package jsontext
