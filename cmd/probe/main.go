// Probe says how scripts would be confined on this machine, for people and for
// support: the layers that it grants, who refused the others, and what to
// change where the required ones can't be had.
//
//	go run ./cmd/probe          a table
//	go run ./cmd/probe -json    the same for programs
//
// It exits with 0 when the server would start, with 1 when it would refuse, and
// with 2 when its arguments or the settings make no sense.
package main

import (
	"os"

	"github.com/pyexec/pyexec/cmd/internal/probe"
)

func main() {
	os.Exit(probe.Run(os.Args[1:], os.Stdout, os.Stderr))
}
