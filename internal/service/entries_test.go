package service

import (
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/pyexec/pyexec/internal/config"
	"github.com/pyexec/pyexec/internal/logline"
	"github.com/pyexec/pyexec/internal/testbed/locked"
	"github.com/pyexec/pyexec/internal/testbed/need"
)

// largeRequests try to make a run leave a large entry, or none.
var largeRequests = map[string]struct {
	body    string
	header  http.Header
	path    string
	status  string
	problem string
}{
	"ids of a push message": {
		body: `{"message":{"messageId":"` + strings.Repeat("I",
			100_000) + `","data":"` + someRequest + `"},"subscription":"` + strings.Repeat("S", 8_000_000) + `"}`,
		path:   "/events",
		status: "invalid_request", problem: "id of the message must be at most 1024 bytes, got 100000",
	},
	"a subscription": {
		body: `{"message":{"messageId":"1","data":"` + someRequest + `"},"subscription":"` + strings.Repeat(`\u0001`,
			1_000_000) + `"}`,
		path: "/events", status: "ok",
	},
	"an event": {
		body: script, path: "/events", status: "ok",
		header: http.Header{
			"Ce-Specversion": {"1.0"}, "Ce-Id": {strings.Repeat("é", 500)},
			"Ce-Type": {strings.Repeat("t", 60_000)}, "Ce-Source": {"/" + strings.Repeat("s", 60_000)},
		},
	},
	"an event that is none": {
		body: script, path: "/events", status: "invalid_request", problem: "event: ",
		header: http.Header{"Ce-Specversion": {"1.0"}, "Ce-Id": {"1"}, "Ce-Type": {"t"},
			"Ce-Source": {strings.Repeat("\x7f\"", 30_000)}},
	},
	"headers": {
		body: script, path: "/execute", status: "ok",
		header: http.Header{"User-Agent": {strings.Repeat("\t\"é", 20_000)},
			"X-Forwarded-For": {strings.Repeat("1", 60_000)},
			"Traceparent":     {strings.Repeat("0", 60_000)}, "X-Cloud-Trace-Context": {strings.Repeat("a", 60_000)}},
	},
	"payloads": {
		body: `{"script":"` + strings.Repeat(`#\u0001`, 400_000) + `","input":"` + strings.Repeat(`\\`,
			1_000_000) + `","stdin":"` + strings.Repeat(`\u0001`, 300_000) + `"}`,
		header: http.Header{"User-Agent": {strings.Repeat("\x01", 60_000)}},
		path:   "/execute", status: "ok",
	},
}

var someRequest = base64.StdEncoding.EncodeToString([]byte(script))

// Whatever a caller sends, his run leaves one entry, which tells its status and
// is far smaller than what Cloud Logging takes, on stdout and through the API.
func TestNoCallerDecidesTheSizeOfAnEntry(t *testing.T) {
	need.Time(t, "makes entries of megabytes")
	for name, tt := range largeRequests {
		for _, payloads := range []string{"LOG_PAYLOADS=false", "LOG_PAYLOADS=true"} {
			t.Run(name+", "+payloads, func(t *testing.T) {
				most := 24 << 10
				if payloads == "LOG_PAYLOADS=true" {
					most = 200 << 10
				}
				var out locked.Buffer
				stdout, err := config.Parse([]string{payloads}, roomy)
				if err != nil {
					t.Fatal(err)
				}
				api, apiLog, written := logsToAPI(t, payloads)
				for _, to := range []struct {
					cfg config.Config
					log *slog.Logger
				}{{stdout, logline.New(&out)}, {api, apiLog}} {
					s, started := logging(t, to.cfg, to.log, &fakeEngine{})
					started <- nil
					<-s.Ready()
					r := httptest.NewRequest(http.MethodPost, tt.path, strings.NewReader(tt.body))
					for header, values := range tt.header {
						r.Header[header] = values
					}
					r.Header.Set("Content-Type", "application/json")
					w := httptest.NewRecorder()
					s.Handler().ServeHTTP(w, r)
					if w.Code != http.StatusOK {
						t.Errorf("answered %d %.300s", w.Code, w.Body)
					}
					if err := s.Drain(t.Context()); err != nil {
						t.Error(err)
					}
					if err := s.Close(); err != nil || s.dropped() != 0 {
						t.Errorf("%d entries lost, %v", s.dropped(), err)
					}
				}
				var runs []string
				for line := range strings.Lines(out.String()) {
					if strings.Contains(line, `"run":{`) {
						runs = append(runs, line)
					}
				}
				for _, e := range written.entries {
					if e.GetJsonPayload().GetFields()["run"] != nil {
						runs = append(runs, protojson.Format(e.GetJsonPayload()))
						if n := len(protojson.Format(e)); n > most*6/5 { // with more spaces
							t.Errorf("an entry of %d bytes", n)
						}
					}
				}
				if len(runs) != 2 {
					t.Fatalf("%d entries, want one on stdout and one of the API", len(runs))
				}
				for i, text := range runs {
					var entry struct {
						Run struct{ Status, Problem string }
					}
					if err := json.Unmarshal([]byte(text),
						&entry); err != nil || entry.Run.Status != tt.status ||
						!strings.HasPrefix(entry.Run.Problem, tt.problem) {
						t.Errorf("%v: %.300s", err, text)
					}
					if i == 0 && len(text) > most {
						t.Errorf("a line of %d bytes", len(text))
					}
				}
			})
		}
	}
}
