//go:build !linux

package python

import "io/fs"

func trusted(string, fs.FileInfo) error { return supported() }
