package wheel

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pyexec/pyexec/runtime/internal/packages/requirement"
	"github.com/pyexec/pyexec/runtime/internal/packages/version"
)

// Name is the name of a wheel's file, taken apart.
type Name struct {
	// Project is normalized.
	Project string
	Version version.Version
	// build orders wheels of one version; builds of a larger number are newer.
	build     int
	buildText string
	// tags are of Python, of its binary interface and of platforms. The name stands for all
	// that can be made of them.
	tags [3][]string
}

// maxTags bounds how many tags a name may stand for. Real ones have a dozen.
const maxTags = 1000

// ParseName reads the name of a wheel, such as
// numpy-2.4.6-cp311-cp311-manylinux_2_17_x86_64.whl.
func ParseName(file string) (Name, error) {
	n, err := parseName(file)
	if err != nil {
		return Name{}, fmt.Errorf("wheel %.200q: %w", file, err)
	}
	return n, nil
}

func parseName(file string) (n Name, err error) {
	base, ok := strings.CutSuffix(file, ".whl")
	parts := strings.Split(base, "-")
	if !ok || len(parts) != 5 && len(parts) != 6 || strings.ContainsAny(file, "/\\") {
		return n, errors.New("not the name of a wheel")
	}
	if !requirement.ValidName(parts[0]) {
		return n, errors.New("no name of a distribution in it")
	}
	n.Project = requirement.Normalize(parts[0])
	if n.Version, err = version.Parse(strings.ReplaceAll(parts[1], "_", "-")); err != nil {
		return n, err
	}
	if len(parts) == 6 {
		digits := len(parts[2]) - len(strings.TrimLeft(parts[2], "0123456789"))
		if n.build, err = strconv.Atoi(parts[2][:digits]); err != nil {
			return n, errors.New("its build tag begins with no number")
		}
		n.buildText = parts[2][digits:]
	}
	all := 1
	for i, part := range parts[len(parts)-3:] {
		if all *= strings.Count(part, ".") + 1; all > maxTags {
			return n, fmt.Errorf("it stands for more than %d tags", maxTags)
		}
		n.tags[i] = strings.Split(part, ".")
	}
	return n, nil
}

// SourceName reads the name of a source distribution: its version, if it is one
// of the project.
func SourceName(file, project string) (version.Version, bool) {
	for _, suffix := range []string{".tar.gz", ".zip", ".tar.bz2", ".tgz"} {
		base, ok := strings.CutSuffix(file, suffix)
		if !ok {
			continue
		}
		for i, c := range base {
			if c != '-' || requirement.Normalize(base[:i]) != project {
				continue
			}
			if v, err := version.Parse(base[i+1:]); err == nil {
				return v, true
			}
		}
	}
	return version.Version{}, false
}
