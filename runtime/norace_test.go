//go:build !race

package runtime

// RaceDetector says whether the tests run under it.
const RaceDetector = false
