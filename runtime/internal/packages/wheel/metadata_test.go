package wheel

import (
	"runtime"
	"strings"
	"testing"
)

func TestParseInstalled(t *testing.T) {
	text := " no field\nMetadata-Version: 2.4\nName: Frames.Lib\nLicense: a\n\tb\n  c\nVersion: 2004d\n" +
		"Requires-Dist: numpy>=2;\n  extra == 'x'\nRequires-Dist: a @ https://example.com/a.whl\n" +
		"Provides-Extra: X_y\nProvides-Extra: not a name\nProvides-Extra: z\nno field\nName: second\n\nName: third\n"
	m, unread := ParseInstalled([]byte(text))
	if m.Project != "frames-lib" || strings.Join(m.Extras, " ") != "x-y z" || len(m.Needs) != 1 ||
		m.Needs[0].Marker == nil {
		t.Errorf("%+v", m)
	}
	if len(unread) != 2 || unread[0].Field != "Version" || unread[1].Value != "a @ https://example.com/a.whl" {
		t.Errorf("unread: %+v", unread)
	}
	if _, err := ParseMetadata([]byte(text)); err == nil || !strings.Contains(err.Error(), "Version: ") {
		t.Errorf("%v", err)
	}
	// The list ends, too.
	_, unread = ParseInstalled([]byte(strings.Repeat("Requires-Dist: a\n", 3*maxRequirements)))
	if len(unread) != maxRequirements {
		t.Errorf("%d fields unread", len(unread))
	}
}

// A field that goes on over millions of lines is put together once.
func TestLongField(t *testing.T) {
	lengths := map[string]int{}
	for name, value := range header("Name: a\nLicense: b\n" + strings.Repeat(" c\n", MetadataBytes/3)) {
		lengths[name] = len(value)
	}
	if len(lengths) != 2 || lengths["License"] != 1+2*(MetadataBytes/3) {
		t.Errorf("%v", lengths)
	}
}

// Millions of fields that nobody reads take no memory.
func TestManyFields(t *testing.T) {
	text := []byte("Name: a\nVersion: 1\n" + strings.Repeat("x:\n", MetadataBytes/4))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	m, err := ParseMetadata(text)
	runtime.ReadMemStats(&after)
	if err != nil || m.Project != "a" {
		t.Errorf("%+v, %v", m, err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 2*MetadataBytes {
		t.Errorf("%d bytes were allocated for %d", took, len(text))
	}
}
