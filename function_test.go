package pyexec

import (
	"bufio"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pyexec/pyexec/internal/testbed/hosted"
	"github.com/pyexec/pyexec/internal/testbed/need"
	"github.com/pyexec/pyexec/internal/testbed/readme"
)

// readmeExamples are the examples of the README.
func readmeExamples(t *testing.T) []readme.Example {
	t.Helper()
	examples, err := readme.Examples("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return examples
}

// hostedTests are what the function is, as the platform runs it.
var hostedTests = []struct {
	name string
	test func(t *testing.T, app hosted.App)
}{
	{"serves every path", servesEveryPath},
	{"answers as the README says", answersAsREADMESays},
	{"takes events as the README says", takesEventsAsREADMESays},
	{"publishes what it is sent, as the platform lets nobody else", publishesWhatItIsSent},
	{"takes every request for an event", takesEveryRequestForAnEvent},
	{"takes CloudEvents by signature", takesCloudEvents},
	{"gives back CloudEvents it can't serve", givesCloudEventsBack},
	{"starts with the process", startsWithTheProcess},
	{"drains on SIGTERM", drainsOnSIGTERM},
	{"ends where it can never serve", endsWhereItCantServe},
}

func TestHosted(t *testing.T) {
	need.Time(t, "compiles the whole function")
	need.Toolchain(t)
	app := hosted.Build(t, ".")
	for _, tt := range hostedTests {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, app) })
	}
}

func servesEveryPath(t *testing.T, app hosted.App) {
	p := app.Launch(t)
	for _, tt := range []struct {
		method, path, body string
		code               int
		want               string
	}{
		{"POST", "/execute", `{"script":"def main(): return 2 + 2"}`, 200, `{"result":4,"stdout":""}`},
		{"GET", "/health", "", 200, `{"status":"healthy"}`},
		{"GET", "/", "", 200, `/execute`},
		{"GET", "/openapi.json", "", 200, `"openapi"`},
		{"GET", "/nowhere", "", 404, `"invalid_request"`},
	} {
		if code, body := p.Do(tt.method, tt.path, tt.body); code != tt.code || !strings.Contains(body, tt.want) {
			t.Errorf("%s %s: got %d %s", tt.method, tt.path, code, body)
		}
	}
}

func answersAsREADMESays(t *testing.T, app hosted.App) {
	readme.Run(t, app.Launch(t).Healthy(t).URL, readmeExamples(t))
}

func takesEventsAsREADMESays(t *testing.T, app hosted.App) {
	events := slices.DeleteFunc(readmeExamples(t),
		func(e readme.Example) bool { return !strings.Contains(e.Command, "/events") })
	if len(events) < 2 {
		t.Errorf("only %d examples of events", len(events))
	}
	p := app.Launch(t, "FUNCTION_TARGET=ExecuteEvent")
	p.Logged(t, `"message":"ready"`)
	readme.Run(t, p.URL, events)
}

// Whoever may call it sends events: nothing else is served.
func publishesWhatItIsSent(t *testing.T, app hosted.App) {
	app.Launch(t, "FUNCTION_TARGET=ExecuteEvent", "RESULTS_TOPIC=results", "GOOGLE_CLOUD_PROJECT=p",
		"PUBSUB_EMULATOR_HOST=127.0.0.1:1").Logged(t, `"message":"ready"`)
}

func takesEveryRequestForAnEvent(t *testing.T, app hosted.App) {
	p := app.Launch(t, "FUNCTION_TARGET=ExecuteEvent")
	const push = `{"message":{"messageId":"1","data":"eyJzY3JpcHQiOiJkZWYgbWFpbigpOiByZXR1cm4gMisyIn0="},"subscription":"s"}`
	for _, path := range []string{"/", "/events", "/execute", "/any?token=x"} {
		if code, body := p.Do("POST", path, push); code != http.StatusOK || body != `{"status":"ok"}` {
			t.Errorf("%s: got %d %s", path, code, body)
		}
	}
	if code, body := p.Do("GET", "/health", ""); code != http.StatusMethodNotAllowed {
		t.Errorf("GET: got %d %s", code, body)
	}
	p.Logged(t, `"event":{"id":"1"`)
}

// By signature: the framework's receiver takes the event, and errors of the
// function make it come again.
func takesCloudEvents(t *testing.T, app hosted.App) {
	p := app.Launch(t, "FUNCTION_TARGET=ExecuteCloudEvent")
	p.Logged(t, `"message":"ready"`)
	for _, tt := range []struct {
		id, data string
		code     int
		entry    string
	}{
		{"bare", `{"script":"def main(): return 2 + 2"}`, 200, `"status":"ok"`},
		{"of Pub/Sub",
			`{"message":{"messageId":"1","data":"eyJzY3JpcHQiOiJkZWYgbWFpbigpOiByZXR1cm4gMisyIn0="},"subscription":"s"}`, 200, `"subscription":"s"`},
		{"of no use", `{"script":1}`, 200, `"status":"invalid_request"`},
	} {
		if code, body := p.Event(tt.id, tt.data); code != tt.code {
			t.Errorf("%s: got %d %s", tt.id, code, body)
		}
		if line := p.Logged(t, `"event":{"id":"`+tt.id+`"`); !strings.Contains(line,
			tt.entry) || !strings.Contains(line, `"acknowledged":true`) {
			t.Errorf("%s: logged %s", tt.id, line)
		}
	}
	if code, _ := p.Do("GET", "/health", ""); code == http.StatusOK {
		t.Error("serves more than events")
	}
}

func givesCloudEventsBack(t *testing.T, app hosted.App) {
	p := app.Launch(t, "FUNCTION_TARGET=ExecuteCloudEvent", "EXEC_WORKERS=1", "EXEC_QUEUE=1")
	p.Logged(t, `"message":"ready"`)
	codes := make(chan int)
	for i := range 6 {
		go func() {
			code, _ := p.Event(strconv.Itoa(i), `{"script":"import time\ndef main(): time.sleep(2)"}`)
			codes <- code
		}()
	}
	got := map[int]int{}
	for range 6 {
		got[<-codes]++
	}
	if got[200] < 2 || got[500] == 0 || got[200]+got[500] != 6 {
		t.Errorf("got %v, want two that ran, or more, and the others to come again", got)
	}
}

func startsWithTheProcess(t *testing.T, app hosted.App) {
	app.Launch(t).Logged(t, `"message":"ready"`) // nobody asked for anything
}

func drainsOnSIGTERM(t *testing.T, app hosted.App) {
	p := app.Launch(t)
	p.Logged(t, `"message":"ready"`)
	req, err := http.NewRequest("POST", p.URL+"/execute",
		strings.NewReader(`{"script":"import time\ndef main():\n    print('on')\n    time.sleep(5)"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	slow := bufio.NewReader(resp.Body)
	if _, err := slow.ReadString('\n'); err != nil { // it runs by now
		t.Fatal(err)
	}
	if err := p.Terminate(); err != nil {
		t.Fatal(err)
	}
	p.Logged(t, `"message":"draining"`)
	if code, body := p.Do("POST", "/execute",
		`{"script":"def main(): pass"}`); code != http.StatusServiceUnavailable {
		t.Errorf("new request: got %d %s", code, body)
	}
	if got, err := io.ReadAll(slow); err != nil || !strings.HasSuffix(string(got),
		"event: result\ndata: {\"result\":null,\"stdout\":\"on\\n\"}\n\n") {
		t.Errorf("request in flight: got %s, %v", got, err)
	}
	if code := p.Exit(t); code != 0 {
		t.Errorf("exit code %d: %s", code, p.Errs())
	}
}

// What can never serve must not look alive.
func endsWhereItCantServe(t *testing.T, app hosted.App) {
	for name, tt := range map[string]struct{ setting, says string }{
		"an invalid setting ends the process": {"EXEC_TIMEOUT=0",
			`setting EXEC_TIMEOUT: \"0\": must be`},
		"results that everybody could forge end the process": {"RESULTS_TOPIC=results",
			`RESULTS_TOPIC: whoever may call could publish`},
		"a failed start ends the process": {"PYTHON_HOME=/nonexistent/python",
			`"severity":"ERROR","message":"start: `},
		"a token that the function is not shown ends the process": {
			"FUNCTION_TARGET=ExecuteCloudEvent EVENTS_AUDIENCE=https://x.example EVENTS_ACCOUNTS=a@b.example",
			`EVENTS_AUDIENCE: ExecuteCloudEvent is not shown`},
	} {
		t.Run(name, func(t *testing.T) {
			p := app.Launch(t, strings.Fields(tt.setting)...)
			p.Logged(t, tt.says)
			if code := p.Exit(t); code != 1 {
				t.Errorf("exit code %d", code)
			}
		})
	}
}
