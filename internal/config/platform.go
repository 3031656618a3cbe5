package config

import (
	"os"
	"time"
)

// Revision is a revision of a Cloud Run service, as the platform names it.
type Revision struct{ Service, Name, Configuration string }

func revision(given map[string]string) Revision {
	return Revision{Service: given["K_SERVICE"], Name: given["K_REVISION"], Configuration: given["K_CONFIGURATION"]}
}

// containerNames are variables that platforms set in the containers they run:
// Cloud Run, Kubernetes, podman and systemd.
var containerNames = []string{"K_SERVICE", "KUBERNETES_SERVICE_HOST", "container"}

// How long idle connections are kept. Google's front end keeps its own for a
// minute, and a request that it sends into one that is just being closed fails;
// anybody else may hold as many as there are, for nothing.
const (
	idleTimeout         = 20 * time.Second
	idleTimeoutOfGoogle = 75 * time.Second
)

// Hosted says whether the platform announces that it runs this process as a
// function. K_SERVICE alone is also set for plain containers.
func Hosted() bool {
	for _, name := range []string{"FUNCTION_TARGET", "FUNCTION_SIGNATURE_TYPE", "K_SERVICE"} {
		if os.Getenv(name) != "" {
			return true
		}
	}
	return false
}

// Function is the name of the function that the platform runs this process for,
// empty where it does not say.
func Function() string { return os.Getenv("FUNCTION_TARGET") }
