package testbed

import (
	"embed"
	"io/fs"
)

//go:embed testdata
var embedded embed.FS

// Programs are the hostile programs of all suites, in the format of package
// program, by what they are for. They are in the binary: a test may run where
// the tree is not.
//
//	attacks  families of ways, each with the error that it must get
//	escape   ways out, or to a neighbour
//	layers   what one layer stops, and nothing else
//	memory   ways to hold more memory than is one's due
//	shared   what is put before them
func Programs() fs.FS {
	files, err := fs.Sub(embedded, "testdata")
	if err != nil {
		panic(err) // the name is a valid one
	}
	return files
}
