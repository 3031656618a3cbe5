package wheel

import (
	"cmp"
	"fmt"
	"strings"
)

// Platform is what wheels have to fit.
type Platform struct {
	// Minor is that of CPython 3.
	Minor int
	// Machine is what uname calls it: x86_64, aarch64.
	Machine string
	// Glibc is the minor version of the GNU C library 2, 0 where there is none.
	Glibc int
	// Musl is the minor version of musl 1, 0 where there is none.
	Musl int
}

// Tags are what runs on a platform, and how well it fits: the lower, the better.
type Tags map[string]int

// legacy are the names of platforms from before they had the number of the C
// library in them.
var legacy = map[int]string{17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}

// oldestGlibc is where wheels for a machine begin; where it is not named, 17.
var oldestGlibc = map[string]int{"x86_64": 5, "i686": 5}

// Tags lists what the platform takes, in the order in which pip prefers it.
func (p Platform) Tags() Tags {
	tags := make(Tags)
	add := func(python, abi, platform string) {
		tag := python + "-" + abi + "-" + platform
		if _, ok := tags[tag]; !ok {
			tags[tag] = len(tags)
		}
	}
	platforms := p.platforms()
	each := func(python, abi string) {
		for _, platform := range platforms {
			add(python, abi, platform)
		}
	}
	own := fmt.Sprintf("cp3%d", p.Minor)
	each(own, own)
	each(own, "abi3")
	each(own, "none")
	for minor := p.Minor - 1; minor >= 2; minor-- {
		each(fmt.Sprintf("cp3%d", minor), "abi3")
	}
	pure := []string{fmt.Sprintf("py3%d", p.Minor), "py3"}
	for minor := p.Minor - 1; minor >= 0; minor-- {
		pure = append(pure, fmt.Sprintf("py3%d", minor))
	}
	for _, python := range pure {
		each(python, "none")
	}
	add(own, "none", "any")
	for _, python := range pure {
		add(python, "none", "any")
	}
	return tags
}

func (p Platform) platforms() (list []string) {
	oldest := cmp.Or(oldestGlibc[p.Machine], 17)
	for minor := p.Glibc; minor >= oldest; minor-- {
		list = append(list, fmt.Sprintf("manylinux_2_%d_%s", minor, p.Machine))
		if name, ok := legacy[minor]; ok {
			list = append(list, name+"_"+p.Machine)
		}
	}
	for minor := p.Musl; minor >= 1; minor-- {
		list = append(list, fmt.Sprintf("musllinux_1_%d_%s", minor, p.Machine))
	}
	return append(list, "linux_"+p.Machine)
}

// Rank says how well a wheel fits; ok is false for one that does not.
func (t Tags) Rank(n Name) (rank int, ok bool) {
	for _, python := range n.tags[0] {
		for _, abi := range n.tags[1] {
			for _, platform := range n.tags[2] {
				tag := strings.ToLower(python + "-" + abi + "-" + platform)
				if r, fits := t[tag]; fits && (!ok || r < rank) {
					rank, ok = r, true
				}
			}
		}
	}
	return rank, ok
}

// Compare orders wheels of one version, the better one first.
func (t Tags) Compare(a, b Name) int {
	rankA, _ := t.Rank(a)
	rankB, _ := t.Rank(b)
	return cmp.Or(cmp.Compare(rankA, rankB), cmp.Compare(b.build, a.build), strings.Compare(b.buildText, a.buildText))
}
