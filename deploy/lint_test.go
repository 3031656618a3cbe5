package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// sdk is where the Google Cloud CLI is, and the Python that it brings.
var sdk = sync.OnceValues(func() ([]string, error) {
	out, err := exec.Command("gcloud", "info", "--format=value(installation.sdk_root,basic.python_location)").Output()
	return strings.Fields(string(out)), err
})

// lint runs testdata/lint.py with the Python of the Google Cloud CLI.
func lint(t *testing.T, args ...string) (string, error) {
	t.Helper()
	need.Programs(t, "gcloud")
	info, err := sdk()
	if err != nil || len(info) != 2 {
		t.Fatalf("gcloud info: %q, %v", info, err)
	}
	cmd := exec.Command(info[1], append([]string{"-B", "testdata/lint.py", info[0]}, args...)...)
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// gcloud takes what is in the repository.
func TestLint(t *testing.T) {
	need.Time(t, "starts gcloud many times")
	for _, tt := range []struct {
		kind string
		file []string
		want []string // among what was looked at
	}{
		{"cloudbuild", []string{"cloudbuild.yaml"},
			[]string{"step check", "step build", "step escape suite", "step deploy without traffic",
				"step smoke test", "gcloud run services update-traffic"}},
		{"service", []string{"deploy/service.yaml"}, []string{"service pyexec"}},
		{"commands", []string{"README.md", "docs/deploy.md"}, []string{
			"gcloud run deploy", "gcloud functions deploy", "gcloud builds submit", "gcloud run services replace",
			"gcloud auth print-identity-token",
		}},
		{"commands", []string{"deploy/candidate.sh"}, []string{"gcloud run services list", "gcloud run deploy"}},
		{"commands", []string{"deploy/smoke.sh"}, []string{"gcloud run services describe"}},
		{"commands", []string{"deploy/pubsub.sh"}, []string{"gcloud pubsub topics create"}},
	} {
		t.Run(tt.kind+" "+tt.file[0], func(t *testing.T) {
			args := []string{tt.kind}
			for _, f := range tt.file {
				args = append(args, filepath.Join(root, f))
			}
			out, err := lint(t, args...)
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			for _, want := range tt.want {
				if !strings.Contains(out, want) {
					t.Errorf("not looked at: %s, only\n%s", want, out)
				}
			}
		})
	}
}

// Each kind of file, spoilt.
func TestLintRefuses(t *testing.T) {
	need.Time(t, "starts gcloud many times")
	for _, tt := range []struct{ kind, file, from, to, says string }{
		{"cloudbuild", "cloudbuild.yaml", "  - id: check\n", "  - id: check\n    nonsense: 1\n", "nonsense"},
		{"cloudbuild", "cloudbuild.yaml", "${_RUNNER}", "${_NOBODY}", "_NOBODY"},
		{"cloudbuild", "cloudbuild.yaml", "  logging: CLOUD_LOGGING_ONLY\n", "", "options.logging is not set"},
		{"cloudbuild", "cloudbuild.yaml", "  requestedVerifyOption: VERIFIED\n", "",
			"options.requestedVerifyOption is not VERIFIED"},
		{"cloudbuild", "cloudbuild.yaml", "name: ${_SDK}", "name: cloud-sdk:slim",
			"step deploy without traffic: its builder is no substitution"},
		{"cloudbuild", "cloudbuild.yaml", "name: ${_DOCKER}\n    waitFor: [check",
			"name: docker\n    waitFor: [check", "step push: its builder is no substitution"},
		{"cloudbuild", "cloudbuild.yaml", "--to-latest", "--no-such-flag", "unknown flag --no-such-flag"},
		{"commands", "deploy/candidate.sh", "=gen2", "=gen3", "gen3: not one of"},
		{"service", "deploy/service.yaml", "containerConcurrency", "concurrency", "concurrency"},
		{"commands", "deploy/smoke.sh", "services describe", "services explain", "unknown command"},
	} {
		t.Run(tt.from, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(root, tt.file))
			must(t, err)
			if !strings.Contains(string(data), tt.from) {
				t.Fatalf("%s: has no %q", tt.file, tt.from)
			}
			spoilt := filepath.Join(t.TempDir(), filepath.Base(tt.file))
			must(t, os.WriteFile(spoilt, []byte(strings.ReplaceAll(string(data), tt.from, tt.to)), 0o644))
			if out, err := lint(t, tt.kind, spoilt); err == nil || !strings.Contains(out, tt.says) {
				t.Errorf("%v: %s\nwant %s", err, out, tt.says)
			}
		})
	}
}
