package bench_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A program to compare with is looked at before half an hour of measuring.
func TestBefore(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("no program"), 0o644); err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for path, says := range map[string]string{
		"": "", program: "", filepath.Join(dir, "none"): "no such file", text: "permission denied", dir: "-before: ",
	} {
		err := checkBefore(path)
		if says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%q: %v, want %q", path, err, says)
		}
	}
}

// Each column has its name, each figure its column, and the legend says what they are.
func TestTable(t *testing.T) {
	for _, tt := range []struct {
		names []string
		row   row
		want  string
	}{
		{[]string{"now"}, row{"a run", "ms", []float64{2}, 8}, "now rival ÷ rival | a run ms 2 8 0.25"},
		{[]string{"now", "before"}, row{"a run", "ms", []float64{2, 4}, 8},
			"now before ÷ before rival ÷ rival | a run ms 2 4 0.5 8 0.25"},
		{[]string{"now", "before"}, row{"page faults", "", []float64{150, 0}, 0},
			"now before ÷ before rival ÷ rival | page faults 150"},
	} {
		text := (&table{names: tt.names, rows: []row{tt.row}}).String()
		figures, isLegend := strings.CutSuffix(text, legend)
		lines := strings.Split(strings.TrimSpace(figures), "\n")
		for i := range lines {
			lines[i] = strings.Join(strings.Fields(lines[i]), " ")
		}
		if got := strings.Join(lines, " | "); got != tt.want || !isLegend {
			t.Errorf("got %s\nwant %s", got, tt.want)
		}
	}
}
