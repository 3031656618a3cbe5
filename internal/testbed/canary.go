package testbed

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
)

// Marker begins every secret. A script that searches memory may look for it.
const Marker = "canary-"

// secret is a text that is nowhere else.
func secret() string { return Marker + rand.Text() }

// Targets are the canaries as a script finds them, where the server runs.
type Targets struct {
	// File is readable by the server. It holds a secret.
	File string `json:"file"`
	// TCP and HTTP are ports of 127.0.0.1: the canary's, which sends a secret
	// to whoever connects, and the server's own.
	TCP  int `json:"tcp"`
	HTTP int `json:"http"`
	// Socket is the path of a Unix socket, Abstract a name without the NUL,
	// both the canary's.
	Socket   string `json:"socket"`
	Abstract string `json:"abstract"`
	// Shared is a file in shared memory, where there is such a directory.
	Shared string `json:"shared"`
	// Server and Canary are process ids.
	Server int `json:"server"`
	Canary int `json:"canary"`
}

// args are the arguments of the canary program.
func (t Targets) args(report string) []string {
	return []string{
		"-tcp", loopback(t.TCP), "-unix", t.Socket, "-abstract", t.Abstract, "-shared", t.Shared, "-report", report,
	}
}

// Report is what the canary has seen.
type Report struct {
	PID int `json:"pid"`
	// Touched lists how it was reached, in order.
	Touched []string `json:"touched"`
	// Lost lists which of the things that it laid out are gone or changed.
	Lost []string `json:"lost"`
}

// Canary asks it what it has seen. A canary that is gone is an error.
func (s *Server) Canary(ctx context.Context) (Report, error) {
	var r Report
	_, body, err := ask(ctx, http.MethodGet, s.report, "")
	if err != nil {
		return r, fmt.Errorf("testbed: canary: %w", err)
	}
	if err := json.Unmarshal([]byte(body), &r); err != nil {
		return r, fmt.Errorf("testbed: canary: %w: %s", err, body)
	}
	return r, nil
}
