// Package version knows the versions of Python distributions and what may be
// said about them: PEP 440, as the tool "packaging" reads it. Its tests compare
// it with answers of that tool.
//
// Numbers are kept as digits, so there is none that is too large.
package version

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// maxBytes bounds the text of a version, which comes from file names and pages.
const maxBytes = 256

// Version is one version. The zero value is none; [Parse] makes them.
type Version struct {
	epoch   string
	release []string
	pre     string // a, b or rc; empty for none
	preNum  string
	post    string // digits; empty for none
	dev     string // digits; empty for none
	local   []string
}

// pattern is that of PEP 440, appendix B.
var pattern = regexp.MustCompile(`(?i)^v?(?:([0-9]+)!)?([0-9]+(?:\.[0-9]+)*)` +
	`(?:[-_.]?(alpha|beta|preview|pre|a|b|c|rc)[-_.]?([0-9]*))?` +
	`(?:-([0-9]+)|[-_.]?(post|rev|r)[-_.]?([0-9]*))?` +
	`(?:[-_.]?(dev)[-_.]?([0-9]*))?` +
	`(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$`)

var preNames = map[string]string{"alpha": "a", "a": "a", "beta": "b", "b": "b", "c": "rc", "rc": "rc", "pre": "rc",
	"preview": "rc"}

// Parse reads a version in any of the spellings that PEP 440 allows.
func Parse(text string) (Version, error) {
	text = strings.TrimSpace(text)
	if len(text) > maxBytes {
		return Version{}, fmt.Errorf("version: %.20q…: longer than %d bytes", text, maxBytes)
	}
	m := pattern.FindStringSubmatch(text)
	if m == nil {
		return Version{}, fmt.Errorf("version: %q: not a version as in PEP 440", text)
	}
	v := Version{epoch: digits(m[1])}
	for part := range strings.SplitSeq(m[2], ".") {
		v.release = append(v.release, digits(part))
	}
	if m[3] != "" {
		v.pre, v.preNum = preNames[strings.ToLower(m[3])], digits(m[4])
	}
	switch {
	case m[5] != "":
		v.post = digits(m[5])
	case m[6] != "":
		v.post = digits(m[7])
	}
	if m[8] != "" {
		v.dev = digits(m[9])
	}
	if m[10] != "" {
		v.local = strings.FieldsFunc(strings.ToLower(m[10]),
			func(r rune) bool { return strings.ContainsRune("-_.", r) })
		for i, part := range v.local {
			if isNumber(part) {
				v.local[i] = digits(part)
			}
		}
	}
	return v, nil
}

// digits is a number without zeros in front; none stands for 0.
func digits(text string) string {
	if text = strings.TrimLeft(text, "0"); text == "" {
		return "0"
	}
	return text
}

func isNumber(text string) bool {
	return strings.Trim(text, "0123456789") == ""
}

// String is the one spelling of a version.
func (v Version) String() string {
	if v.release == nil {
		return ""
	}
	text := v.Public()
	if len(v.local) > 0 {
		text += "+" + strings.Join(v.local, ".")
	}
	return text
}

// Public is the version without its local part.
func (v Version) Public() string {
	var b strings.Builder
	if v.epoch != "0" {
		b.WriteString(v.epoch + "!")
	}
	b.WriteString(strings.Join(v.release, "."))
	if v.pre != "" {
		b.WriteString(v.pre + v.preNum)
	}
	if v.post != "" {
		b.WriteString(".post" + v.post)
	}
	if v.dev != "" {
		b.WriteString(".dev" + v.dev)
	}
	return b.String()
}

// IsPre reports whether it is a pre-release or one of development.
func (v Version) IsPre() bool { return v.pre != "" || v.dev != "" }

// Compare orders versions: negative where v comes before w.
func (v Version) Compare(w Version) int {
	if c := cmp.Or(number(v.epoch, w.epoch), compareRelease(v.release, w.release), comparePre(v, w)); c != 0 {
		return c
	}
	// None comes before all post-releases and after all of development.
	if v.post != w.post {
		return absent(v.post, w.post, -1)
	}
	if v.dev != w.dev {
		return absent(v.dev, w.dev, 1)
	}
	return compareLocal(v.local, w.local)
}

// absent compares numbers; an empty one is before or after all others, as side
// says.
func absent(a, b string, side int) int {
	switch {
	case a == "":
		return side
	case b == "":
		return -side
	}
	return number(a, b)
}

func number(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// compareRelease takes what is missing at the end for zeros.
func compareRelease(a, b []string) int {
	for i := range max(len(a), len(b)) {
		if c := number(at(a, i), at(b, i)); c != 0 {
			return c
		}
	}
	return 0
}

func at(release []string, i int) string {
	if i < len(release) {
		return release[i]
	}
	return "0"
}

func comparePre(v, w Version) int {
	if c := strings.Compare(v.preKey(), w.preKey()); c != 0 || v.pre == "" {
		return c
	}
	return number(v.preNum, w.preNum)
}

// preKey orders the kinds: 1.0.dev1 is before 1.0a1, and 1.0 after 1.0rc1.
func (v Version) preKey() string {
	switch {
	case v.pre != "":
		return v.pre
	case v.post == "" && v.dev != "":
		return ""
	}
	return "~" // behind all letters
}

// compareLocal: none is first; numbers are behind words, longer ones behind
// their own beginning.
func compareLocal(a, b []string) int {
	return slices.CompareFunc(a, b, func(x, y string) int {
		switch numX, numY := isNumber(x), isNumber(y); {
		case numX && numY:
			return number(x, y)
		case numX:
			return 1
		case numY:
			return -1
		}
		return strings.Compare(x, y)
	})
}

// public is the version without its local part.
func (v Version) public() Version {
	v.local = nil
	return v
}
