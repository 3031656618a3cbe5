package wheel

import (
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
	fields := header("Name: a\nLicense: b\n" + strings.Repeat(" c\n", MetadataBytes/3))
	if len(fields) != 2 || len(fields[1][1]) != 1+2*(MetadataBytes/3) {
		t.Errorf("%d fields", len(fields))
	}
}
