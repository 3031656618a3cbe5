package testbed

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// Resembles returns the name of the set-up whose answers a script gets here. A
// container is its own set-up. A process runs where the tests run, which may be a
// container, and the server itself reports what that place grants.
func (s *Server) Resembles(ctx context.Context, setup Setup) (string, error) {
	if setup.Runtime != "" {
		return setup.Name, nil
	}
	_, body, err := ask(ctx, http.MethodGet, s.URL+"/capabilities", "")
	if err != nil {
		return "", fmt.Errorf("testbed: capabilities: %w", err)
	}
	var told struct {
		Posture string
		Notes   map[string]string `json:"isolation_notes"`
	}
	if err := json.Unmarshal([]byte(body), &told); err != nil {
		return "", fmt.Errorf("testbed: capabilities: %w: %s", err, body)
	}
	return resembling(setup, told.Posture, told.Notes)
}

// resembling is Resembles by what the server has told.
func resembling(setup Setup, posture string, notes map[string]string) (string, error) {
	switch posture {
	case "full":
		return PlainRoot.Name, nil
	case "user":
		return PlainUser.Name, nil
	case "landlock":
		return PodmanNoNSUser.Name, nil
	case "container":
		if strings.HasPrefix(notes["chroot"], "mknod is refused") {
			return PodmanNoNS.Name, nil
		}
		return Docker.Name, nil
	case "off":
		return setup.Name, nil
	case "gVisor":
		if setup.Ordinary {
			return GVisorUser.Name, nil
		}
		return GVisorRoot.Name, nil
	}
	return "", fmt.Errorf("testbed: capabilities: no set-up has posture %q", posture)
}
