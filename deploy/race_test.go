//go:build race

package deploy_test

// The race detector would watch the test, not what it is about; and to build
// the image takes minutes.
func init() { raced = true }
