package wheel_test

import (
	"hash/crc32"
	"slices"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/runtime/internal/packages/wheel"
)

func crc(s string) uint32 { return crc32.ChecksumIEEE([]byte(s)) }

func TestParseName(t *testing.T) {
	for file, want := range map[string]string{
		"numpy-2.4.6-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl": "numpy 2.4.6",
		"Ruamel.yaml_clib-1.0_1-2build-py2.py3-none-any.whl":                     "ruamel-yaml-clib 1.0.post1",
		"a-1!2+local_3-py3-none-any.whl":                                         "a 1!2+local.3",
		"a-1-py3-none-any.zip":                                                   "refused",
		"a-1-py3-none.whl":                                                       "refused",
		"a-1-x-py3-none-any.whl":                                                 "refused",
		"-1-py3-none-any.whl":                                                    "refused",
		"../a-1-py3-none-any.whl":                                                "refused",
		"a-1-py3-none-any.x/../../b.whl":                                         "refused",
		"a-x-py3-none-any.whl":                                                   "refused",
		"a-1-99999999999999999999-py3-none-any.whl":                              "refused",
		"a-1-" + strings.Repeat("a.", 99) + "b-" + strings.Repeat("a.", 99) + "b-c.whl": "refused",
	} {
		n, err := wheel.ParseName(file)
		got := n.Project + " " + n.Version.String()
		if err != nil {
			got = "refused"
		}
		if got != want {
			t.Errorf("%s: %s (%v), want %s", file, got, err, want)
		}
	}
}

// The better wheel is taken, and one for another machine never.
func TestTags(t *testing.T) {
	here := wheel.Platform{Minor: 11, Machine: "x86_64", Glibc: 36}
	for _, tt := range []struct {
		platform wheel.Platform
		files    []string // tags, from the best to the worst that fits
		never    []string
	}{
		{here, []string{"cp311-cp311-manylinux_2_28_x86_64", "cp311-cp311-manylinux2014_x86_64",
			"cp311-cp311-manylinux1_x86_64", "cp311-cp311-linux_x86_64",
			"cp311-abi3-manylinux_2_17_x86_64", "cp36-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64",
			"py3-none-manylinux_2_5_x86_64", "cp311-none-any", "py3-none-any", "py2.py30-none-any"},
			[]string{"cp312-cp312-manylinux_2_17_x86_64", "cp311-cp311-manylinux_2_37_x86_64",
				"cp311-cp311-musllinux_1_1_x86_64", "cp311-cp311-manylinux_2_17_aarch64",
				"cp311-cp311-win_amd64", "cp311-cp311-macosx_11_0_arm64", "cp312-abi3-manylinux_2_17_x86_64",
				"cp310-cp310-manylinux_2_17_x86_64", "py2-none-any",
				"pp311-pypy311_pp73-manylinux_2_17_x86_64", "cp311-cp311t-manylinux_2_17_x86_64", "py312-none-any",
				"cp311-cp311-manylinux_2_4_x86_64"}},
		{wheel.Platform{Minor: 11, Machine: "aarch64", Glibc: 31},
			[]string{"cp311-cp311-manylinux_2_17_aarch64", "py3-none-any"},
			[]string{"cp311-cp311-manylinux_2_12_aarch64", "cp311-cp311-manylinux_2_17_x86_64"}},
		{wheel.Platform{Minor: 11, Machine: "x86_64", Musl: 2},
			[]string{"cp311-cp311-musllinux_1_2_x86_64", "cp311-cp311-musllinux_1_1_x86_64", "py3-none-any"},
			[]string{"cp311-cp311-manylinux_2_17_x86_64", "cp311-cp311-musllinux_1_3_x86_64"}},
	} {
		tags := tt.platform.Tags()
		var names []wheel.Name
		for _, tag := range append(slices.Clone(tt.files), tt.never...) {
			n, err := wheel.ParseName("a-1-" + tag + ".whl")
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := tags.Rank(n); ok == slices.Contains(tt.never, tag) {
				t.Errorf("%+v: %s: %t", tt.platform, tag, ok)
			}
			names = append(names, n)
		}
		for i := range len(tt.files) - 1 {
			if tags.Compare(names[i], names[i+1]) >= 0 {
				t.Errorf("%+v: %s is not better than %s", tt.platform, tt.files[i], tt.files[i+1])
			}
		}
	}
	first, _ := wheel.ParseName("a-1-1-py3-none-any.whl")
	second, _ := wheel.ParseName("a-1-2a-py3-none-any.whl")
	third, _ := wheel.ParseName("a-1-2b-py3-none-any.whl")
	if tags := here.Tags(); tags.Compare(third, second) >= 0 || tags.Compare(second, first) >= 0 {
		t.Error("an older build is preferred")
	}
}

func TestSourceName(t *testing.T) {
	for file, want := range map[string]string{"ruamel.yaml-0.18.tar.gz": "0.18", "ruamel-yaml-1.zip": "1",
		"ruamel-2.tar.gz": "", "ruamel.yaml-x.tar.gz": "", "ruamel.yaml-1.whl": ""} {
		if v, ok := wheel.SourceName(file, "ruamel-yaml"); v.String() != want || ok != (want != "") {
			t.Errorf("%s: %s, %t", file, v, ok)
		}
	}
}

func FuzzParseName(f *testing.F) {
	f.Add("numpy-2.4.6-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl")
	tags := wheel.Platform{Minor: 11, Machine: "x86_64", Glibc: 36}.Tags()
	f.Fuzz(func(t *testing.T, file string) {
		if n, err := wheel.ParseName(file); err == nil {
			tags.Rank(n)
			if n.Project == "" || strings.ContainsAny(n.Project, "/\\ ") {
				t.Errorf("%q: %q", file, n.Project)
			}
		}
	})
}
