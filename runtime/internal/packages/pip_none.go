//go:build nopython

package packages

import "errors"

// pipSource says that this build carries no pip.
func pipSource(string) (string, error) {
	return "", errors.New("this build carries no pip: name a directory, made by cmd/packages")
}
