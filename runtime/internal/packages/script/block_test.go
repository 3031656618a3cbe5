package script

import (
	"strings"
	"testing"
)

// The cases are answers of the specification's reference implementation, apart
// from the ends of lines, which it leaves to the reading of the file.
func TestFind(t *testing.T) {
	for _, tt := range []struct {
		name, script, want string // what is in the block; "none"
		line               int
	}{
		{"the example of the specification", "# /// script\n# requires-python = \">=3.11\"\n# dependencies = [\n" +
			"#   \"requests<3\",\n#   \"rich\",\n# ]\n# ///\n\nimport requests\n",
			"requires-python = \">=3.11\"\ndependencies = [\n  \"requests<3\",\n  \"rich\",\n]\n", 1},
		{"behind other lines", "#!/usr/bin/python3\n\"\"\"Text.\"\"\"\n# /// script\n# a = 1\n# ///\n", "a = 1\n", 3},
		{"behind a comment", "# Copyright\n# /// script\n# a = 1\n# ///\n", "a = 1\n", 2},
		{"at the end of the text", "# /// script\n# a = 1\n# ///", "a = 1\n", 1},
		{"empty lines are a lone #", "# /// script\n#\n# a = 1\n#\n# ///\n", "\na = 1\n\n", 1},
		{"indented content", "# /// script\n#     a = 1\n#  \n# ///\n", "    a = 1\n \n", 1},
		{"the last end counts", "# /// script\n# a = '''\n# ///\n# '''\n# ///\n", "a = '''\n///\n'''\n", 1},
		{"comments behind the end", "# /// script\n# a = 1\n# ///\n# b\n", "a = 1\n", 1},
		{"in a string", "s = '''\n# /// script\n# a = 1\n# ///\n'''\n", "a = 1\n", 2},
		{"another type before", "# /// tool-x\n# b\n# ///\n\n# /// script\n# a = 1\n# ///\n", "a = 1\n", 5},
		{"two with nothing between", "# /// script\n# a = 1\n# ///\n# /// script\n# a = 2\n# ///\n",
			"a = 1\n///\n/// script\na = 2\n", 1},
		{"CRLF", "x\r\n# /// script\r\n# a = 1\r\n#\r\n# ///\r\n", "a = 1\n\n", 2},
		{"CR", "# /// script\r# a = 1\r# ///\r", "a = 1\n", 1},
		{"a byte order mark", "\ufeff# /// script\n# a = 1\n# ///\n", "a = 1\n", 1},
		{"separators that are no ends of lines", "# /// script\n# a = '\u2028\u0085\f'\n# ///\n",
			"a = '\u2028\u0085\f'\n", 1},

		{"no end", "# /// script\n# a = 1\n", "none", 0},
		{"an end behind code", "# /// script\n# a = 1\nimport x\n# ///\n", "none", 0},
		{"an end behind an empty line", "# /// script\n# a = 1\n\n# ///\n", "none", 0},
		{"nothing in it", "# /// script\n# ///\n", "none", 0},
		{"within another type", "# /// other\n# /// script\n# a = 1\n# ///\n", "none", 0},
		{"another type", "# /// scripts\n# a = 1\n# ///\n", "none", 0},
		{"indented", " # /// script\n # a = 1\n # ///\n", "none", 0},
		{"no space", "#/// script\n# a = 1\n# ///\n", "none", 0},
		{"a line without a space", "# /// script\n#a = 1\n# ///\n", "none", 0},
		{"a tab", "# /// script\n#\ta = 1\n# ///\n", "none", 0},
		{"a space behind the type", "# /// script \n# a = 1\n# ///\n", "none", 0},
		{"a space behind the end", "# /// script\n# a = 1\n# /// \n", "none", 0},
		{"capitals", "# /// SCRIPT\n# a = 1\n# ///\n", "none", 0},
		{"no comment", "print('# /// script')\n", "none", 0},
	} {
		b, err := find(tt.script)
		got, line := "none", 0
		if b != nil {
			got, line = b.content(), b.line
		}
		if err != nil || got != tt.want || line != tt.line {
			t.Errorf("%s: %q in line %d, %v; want %q in line %d", tt.name, got, line, err, tt.want, tt.line)
		}
	}
}

func TestTwoBlocks(t *testing.T) {
	_, err := Read("# /// script\n# a = 1\n# ///\n\n# /// script\n# a = 2\n# ///\n")
	want := `metadata of the script: line 5: a second block "# /// script" begins: a script has one, ` +
		`and the first is in line 1`
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	// One without an end is none.
	h, err := Read("# /// script\n# dependencies = []\n# ///\n\n# /// script\n# a = 2\n")
	if h == nil || err != nil {
		t.Errorf("%v, %v", h, err)
	}
}

// Beginnings without an end are read once, not once for each.
func TestManyBeginnings(t *testing.T) {
	text := strings.Repeat("# /// script\n", 1<<20/13)
	steps := testing.AllocsPerRun(1, func() {
		if b, err := find(text); b != nil || err != nil {
			t.Errorf("%v, %v", b, err)
		}
	})
	if steps > 1000 { // the list of lines, doubled and doubled
		t.Errorf("%.0f allocations", steps)
	}
}
