package runtime_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// cacheDir is where the tests of this module keep their unpacked interpreter,
// one for each user.
func cacheDir(tb testing.TB) string {
	tb.Helper()
	return filepath.Join(os.TempDir(), fmt.Sprintf("pyexec-test-cache-%d", os.Getuid()))
}
