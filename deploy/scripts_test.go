package deploy_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// standIns are shell scripts by the name of the program that each stands in for.
type standIns map[string]string

// run runs one of the scripts here with the programs in front of the machine's
// own. It returns what was printed and the calls of gcloud, one a line.
func (s standIns) run(t *testing.T, script string, env ...string) (printed, calls string, err error) {
	t.Helper()
	dir := t.TempDir()
	record := filepath.Join(dir, "calls")
	for name, body := range s {
		if name == "gcloud" {
			body = `echo gcloud "$@" >> "` + record + "\"\n" + body
		}
		must(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/bash\n"+body), 0o755))
	}
	cmd := exec.Command(script)
	cmd.Env = append(append(cmd.Environ(), env...), "PATH="+dir+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	made, _ := os.ReadFile(record) // missing when there were none
	return string(out), string(made), err
}

// The pipeline deploys to a service that is there, to one that is not yet, where
// gcloud refuses --no-traffic, and not at all when it can't tell which it is.
func TestCandidate(t *testing.T) {
	env := []string{"SERVICE=pyexec", "REGION=europe-west1", "RUNNER=pyexec-run@p.iam.gserviceaccount.com",
		"IMAGE=r/p/pyexec:1"}
	for _, tt := range []struct {
		name, list               string
		fails, deploys, traffics bool
	}{
		{name: "a revision serves", list: "echo pyexec-00001-abc", deploys: true},
		{name: "new, or never started", list: "echo", deploys: true, traffics: true},
		{name: "may not ask", list: "echo PERMISSION_DENIED >&2; exit 1", fails: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			gcloud := `if [[ $* == *"services list"* ]]; then ` + tt.list + "; fi\n"
			out, calls, err := standIns{"gcloud": gcloud}.run(t, "./candidate.sh", env...)
			if (err != nil) != tt.fails {
				t.Errorf("%v: %s", err, out)
			}
			_, deploy, deploys := strings.Cut(calls, "gcloud run deploy ")
			if deploys != tt.deploys {
				t.Fatalf("deploys: %v, want %v:\n%s", deploys, tt.deploys, calls)
			}
			if traffics := !strings.Contains(deploy, "--no-traffic"); deploys && traffics != tt.traffics {
				t.Errorf("with traffic: %v, want %v: %s", traffics, tt.traffics, deploy)
			}
			if deploys && !strings.Contains(deploy, "--no-allow-unauthenticated --tag=candidate") {
				t.Errorf("not private, or without its tag: %s", deploy)
			}
			if deploys && (!strings.Contains(deploy, "--update-env-vars=") ||
				strings.Contains(deploy, "--set-env-vars")) {
				t.Errorf("takes the settings of deploy/pubsub.sh away: %s", deploy)
			}
			written := filepath.Join(t.TempDir(), "calls.sh")
			must(t, os.WriteFile(written, []byte(calls), 0o644))
			if out, err := lint(t, "commands", written); err != nil {
				t.Errorf("gcloud would refuse: %s\n%s", out, calls)
			}
		})
	}
}

// The smoke test goes to the candidate's own URL with a token for the service,
// and fails on whatever is not the answer.
func TestSmoke(t *testing.T) {
	need.Programs(t, "curl", "python3")
	right := []string{
		`{"result":42,"stdout":"smoke\n"}`,
		`{"error":"x","denied":"network access is not available to scripts (refused by seccomp)"}`,
		`{"result":1,"stdout":"","report":{"isolation":{"seccomp":true}}}`,
	}
	for _, tt := range []struct {
		name  string
		spoil int // which reply is a wrong one, none when negative
	}{{"answers rightly", -1}, {"runs nothing", 0}, {"has a network", 1}, {"is not confined", 2}} {
		t.Run(tt.name, func(t *testing.T) {
			asked := 0
			candidate := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				if r.URL.Path != "/execute" || r.Header.Get("Authorization") != "Bearer token-for-https://service" ||
					asked >= len(right) {
					t.Errorf("%s, %q: %s", r.URL, r.Header.Get("Authorization"), body)
				} else if asked == tt.spoil {
					fmt.Fprint(w, `{"result":"200","stdout":""}`)
				} else {
					fmt.Fprint(w, right[asked])
				}
				asked++
			}))
			defer candidate.Close()
			curl, err := exec.LookPath("curl")
			must(t, err)
			out, _, err := standIns{
				"gcloud": `case $* in
*json*) echo '{"status": {"traffic": [{"url": "http://127.0.0.1:1", "percent": 100}, {"url": "` + candidate.URL + `", "tag": "candidate"}]}}' ;;
*) echo https://service ;;
esac`,
				"curl": `if [[ $* == *metadata.google.internal/*/identity?audience=* ]]; then
	all=$*
	echo "token-for-${all##*audience=}"
else
	exec ` + curl + ` "$@"
fi`,
			}.run(t, "./smoke.sh", "SERVICE=pyexec", "REGION=r")
			if (err == nil) != (tt.spoil < 0) {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

// What the push subscription shows is what the service is told to ask for, before
// anything is pushed; and not where Cloud Run would let forgeries through.
func TestPubSub(t *testing.T) {
	const open, private = `{"bindings": [{"members": ["allUsers"], "role": "roles/run.invoker"}]}`,
		`{"bindings": [{"members": ["user:a@b.example"]}]}`
	for _, tt := range []struct {
		name, policy, annotation string
		env                      []string
		signature                string // "" where nothing may be set up
	}{
		{"private", private, `"x": "true"`, nil, "platform"},
		{"open to all", open, `"x": "true"`, nil, ""},
		{"without a check of who calls", private, `"run.googleapis.com/invoker-iam-disabled": "true"`, nil, ""},
		{"open to all, and says so", open, `"x": "true"`, []string{"SIGNATURE=verify"}, "verify"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			gcloud := `case $* in
*get-iam-policy*) echo '` + tt.policy + `' ;;
*"services describe"*json*) echo '{"metadata": {"annotations": {` + tt.annotation + `}}}' ;;
*"services describe"*) echo https://pyexec-1.run.app ;;
*"projects describe"*) echo 123 ;;
*" describe "*) exit 1 ;;
esac`
			env := append([]string{"PROJECT=p", "REGION=europe-west1", "SERVICE=pyexec"}, tt.env...)
			out, calls, err := standIns{"gcloud": gcloud}.run(t, "./pubsub.sh", env...)
			if tt.signature == "" {
				if err == nil || !strings.Contains(out, "everybody may call it") || strings.Contains(calls,
					"services update") || strings.Contains(calls, "subscriptions create jobs-push") {
					t.Errorf("%v: %s\n%s", err, out, calls)
				}
				return
			}
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			const audience, account = "https://pyexec-1.run.app", "pyexec-push@p.iam.gserviceaccount.com"
			update := strings.Index(calls,
				"--update-env-vars=RESULTS_TOPIC=results,EVENTS_AUDIENCE="+audience+",EVENTS_ACCOUNTS="+account+",EVENTS_SIGNATURE="+tt.signature+"\n")
			push := strings.Index(calls, "subscriptions create jobs-push")
			if update < 0 || push < update {
				t.Errorf("the service is not told before the push begins:\n%s", calls)
			}
			line, _, _ := strings.Cut(calls[max(push, 0):], "\n")
			for _, want := range []string{"--push-auth-service-account=" + account + " ",
				"--push-auth-token-audience=" + audience + " ", "--push-endpoint=" + audience + "/events"} {
				if !strings.Contains(line, want) {
					t.Errorf("%s is missing: %s", want, line)
				}
			}
			written := filepath.Join(t.TempDir(), "calls.sh")
			must(t, os.WriteFile(written, []byte(calls), 0o644))
			if out, err := lint(t, "commands", written); err != nil {
				t.Errorf("gcloud would refuse: %s\n%s", out, calls)
			}
		})
	}
}

// What govulncheck finds fails, and so does what goes wrong, but for a database
// that is out of reach.
func TestVulncheck(t *testing.T) {
	const fetching = `govulncheck: fetching vulnerabilities: Get "https://vuln.go.dev/index/modules.json.gz": `
	for _, tt := range []struct {
		name, says string
		code       int
		skips      bool
	}{
		{"nothing found", "No vulnerabilities found.", 0, false},
		{"a vulnerability", "Vulnerability #1: GO-2026-0001", 3, false},
		{"a vulnerability that speaks of networks", fetching + "no such host", 3, false},
		{"no name server knows it", fetching + "dial tcp: lookup vuln.go.dev: no such host", 1, true},
		{"nobody listens", fetching + "dial tcp 192.0.2.1:443: connect: connection refused", 1, true},
		{"the database is broken", fetching + "unexpected EOF", 1, false},
		{"no such certificate", fetching + "tls: failed to verify certificate: x509", 1, false},
		{"the sources are broken", "govulncheck: loading packages: no such host", 1, false},
		{"no such tool", "go: no such tool \"govulncheck\"", 2, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stand := standIns{"go": fmt.Sprintf("cat <<'E' >&2\n%s\nE\nexit %d\n", tt.says, tt.code)}
			out, _, err := stand.run(t, "../.ci/vulncheck.sh")
			if fails := tt.code != 0 && !tt.skips; (err != nil) != fails || strings.Contains(out,
				"SKIPPED") != tt.skips || !strings.Contains(out, tt.says) {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}
