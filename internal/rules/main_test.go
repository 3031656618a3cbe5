// Package rules has the rules of the tree that a compiler does not keep: who imports
// whom, how long things may be, which clocks are read, what the papers promise. It is
// tests only, which run in the module's root.
package rules

import (
	"fmt"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
