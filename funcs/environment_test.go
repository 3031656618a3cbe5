package funcs

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pyexec/pyexec/runtime"
)

// The name of an environment reaches the runner, from the body and from the query, where
// it needs no quotes; which names there are is not asked here.
func TestEnvironmentIsAsked(t *testing.T) {
	for _, tt := range []struct{ contentType, query, body string }{
		{"application/json", "", `{"script":"x","environment":"data-1.5"}`},
		{"application/json", "?environment=data-1.5", `{"script":"x"}`},
		{"text/x-python", "?environment=data-1.5", "x"},
		{"text/x-python", "?environment=%22data-1.5%22", "x"},
	} {
		r := four()
		serve(r, newRequest("POST", "/execute"+tt.query, tt.contentType, tt.body))
		if job := r.job(t); job.Environment != "data-1.5" {
			t.Errorf("%s%s: %+v", tt.body, tt.query, job)
		}
	}
	r := four()
	w := serve(r, newRequest("POST", "/execute?environment=a", "application/json", `{"script":"x","environment":"a"}`))
	want(t, w, 400, `{"error":"environment must be given once","status":"invalid_request"}`)
}

// A report says where the script ran, and that it had to wait for that.
func TestReportOfTheEnvironment(t *testing.T) {
	res := fineResult
	res.Environment, res.Unmet = "data", "numpy>=3: 2.1.0 is installed (line 2)"
	res.Usage.Start = 1500 * time.Millisecond
	got := post(returning(res), `{"script":"x","report":true}`).Body.String()
	const members = `"status":"ok","environment":"data","environment_lacks":"numpy>=3: 2.1.0 is installed (line 2)",` +
		`"environment_wait_ms":1500,"wall_ms":`
	if !strings.Contains(got, members) {
		t.Errorf("%s lacks %s", got, members)
	}
}

// Where there is no such environment nothing has run, so that there is nothing to report.
func TestEnvironmentMissing(t *testing.T) {
	res := runtime.Result{Status: runtime.EnvironmentMissing, Error: "e", Line: 3, Hint: "h"}
	want(t, post(returning(res), `{"script":"x","report":true}`), 400,
		`{"error":"e","status":"environment_missing","line":3,"hint":"h"}`)
}

// One that can't be started is named; why is for the log.
func TestEnvironmentUnavailable(t *testing.T) {
	err := &runtime.EnvironmentError{Environment: "data", Cause: errors.New("/secret")}
	want(t, post(failing(err), someScript), 503,
		`{"error":"the environment \"data\" cannot run scripts right now: try again shortly","status":"unavailable"}`)
}
