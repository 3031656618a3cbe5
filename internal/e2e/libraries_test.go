package e2e

import "testing"

// librariesService is a service with libraries that look for what surrounds a
// script. A directory of them is named as that of the data packages is.
var librariesService = withPackages("PYEXEC_TEST_LIBRARIES", "testdata/libraries/requirements.txt")

// Libraries that open the script's file, import it, read its source, or ask for its
// home and its machine, find what they find on a server.
func TestLibraries(t *testing.T) {
	runPrograms(t, serverOf(t, librariesService), "testdata/libraries", 8)
}
