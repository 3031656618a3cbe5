package probe

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/runtime"
)

func TestProbe(t *testing.T) {
	var table, object, stderr bytes.Buffer
	code := Run(nil, &table, &stderr)
	if again := Run([]string{"-json"}, &object, &stderr); again != code {
		t.Errorf("exit code %d, with -json %d", code, again)
	}
	var found runtime.Examination
	if err := json.Unmarshal(object.Bytes(), &found); err != nil {
		t.Fatalf("%v: %s%s", err, object.String(), stderr.String())
	}
	if len(found.Layers) < 10 {
		t.Errorf("%d layers", len(found.Layers))
	}
	for _, l := range found.Layers {
		if !l.On && l.Note == "" {
			t.Errorf("%s is off without a reason", l.Name)
		}
		if !strings.Contains(table.String(), l.Name) {
			t.Errorf("%s is not in the table:\n%s", l.Name, table.String())
		}
	}
	if (code == 0) != (found.Posture != "") || (code == 0) == (found.Refusal != "") {
		t.Errorf("exit code %d with %+v", code, found)
	}
}

func TestRefusalIsExplained(t *testing.T) {
	var out bytes.Buffer
	err := show(&out, runtime.Examination{
		Refusal: "sandbox: required layers refused: seccomp: EPERM",
		Layers:  []runtime.LayerReport{{Name: "seccomp", Note: "EPERM"}},
		Advice:  []string{"another kernel"},
	}, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"seccomp  off  EPERM", "would not start", "What would give more",
		"- another kernel", "SANDBOX=off"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing:\n%s", want, out.String())
		}
	}
}

func TestBadArguments(t *testing.T) {
	for _, args := range [][]string{{"-nonsense"}, {"what"}} {
		if code := Run(args, &bytes.Buffer{}, &bytes.Buffer{}); code != 2 {
			t.Errorf("%v: exit code %d, want 2", args, code)
		}
	}
}
