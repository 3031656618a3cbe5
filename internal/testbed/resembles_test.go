package testbed

import "testing"

// Each posture has the answers of one set-up; a posture that nobody knows has none.
func TestResembling(t *testing.T) {
	noDevices := map[string]string{"chroot": "mknod is refused: /dev/null can only be written"}
	for _, tt := range []struct {
		setup   Setup
		posture string
		notes   map[string]string
		want    string
	}{
		{PlainRoot, "full", nil, "plain-root"},
		{PlainUser, "user", nil, "plain-user"},
		{PlainRoot, "container", nil, "docker"},
		{PlainRoot, "container", noDevices, "podman-nons"},
		{PlainUser, "landlock", nil, "podman-nons-user"},
		{PlainRoot, "gVisor", nil, "gvisor-root"},
		{PlainUser, "gVisor", nil, "gvisor-user"},
		{PlainUser, "off", nil, "plain-user"},
		{PlainRoot, "new", nil, ""},
	} {
		got, err := resembling(tt.setup, tt.posture, tt.notes)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s %q %v: got %q, %v, want %q", tt.setup.Name, tt.posture, tt.notes, got, err, tt.want)
		}
	}
}
