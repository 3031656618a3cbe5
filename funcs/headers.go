package funcs

import (
	"strconv"
	"strings"
)

// quality is how much the caller wants what name stands for, by the lines of a
// header like Accept: from 0, not at all, to 1, which is what no q means. What
// is not named by its name is not wanted: wildcards say nothing here.
func quality(lines []string, name string) (most float64) {
	for _, line := range lines {
		for part := range strings.SplitSeq(line, ",") {
			named, params, _ := strings.Cut(part, ";")
			if strings.EqualFold(strings.TrimSpace(named), name) {
				most = max(most, qualityOf(params))
			}
		}
	}
	return most
}

func qualityOf(params string) float64 {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(param, "=")
		q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err == nil && q >= 0 && q <= 1 && strings.EqualFold(strings.TrimSpace(name), "q") {
			return q
		}
	}
	return 1
}

// prefers says that the caller names a type, and does not want JSON more.
func prefers(accept []string, media string) bool {
	q := quality(accept, media)
	return q > 0 && q >= quality(accept, mediaJSON)
}
