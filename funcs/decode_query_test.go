package funcs

import (
	"testing"
	"time"
)

// A body that is the script itself, with the other fields in the query.
func TestSource(t *testing.T) {
	for _, contentType := range []string{"text/x-python", "text/x-python; charset=UTF-8", "text/x-script.python",
		"application/x-python"} {
		r := four()
		w := serve(r,
			newRequest("POST", "/execute?timeout=1.5&report=false&return_files=true&input=%7B%22a%22%3A+1%7D",
				contentType, "\ufeffdef main(x):\r\n    return '\"é'\r\n"))
		want(t, w, 200, `{"result":4,"stdout":"","files":{}}`)
		job := r.job(t)
		if job.Script != "def main(x):\r\n    return '\"é'\r\n" || string(job.Input) != `{"a": 1}` ||
			job.Timeout != 1500*time.Millisecond || !job.ReturnFiles {
			t.Errorf("%s: %+v", contentType, job)
		}
	}
}

func TestQuery(t *testing.T) {
	for _, tt := range []struct {
		contentType, query, body string
		status                   int
		text                     string
	}{
		{"text/x-python", "", "x", 200, ""},
		{"text/x-python", "", " \n", 400, "script must not be empty: …"},
		{"text/x-python", "", "caf\xe9", 400, "request body must be UTF-8: …"},
		{"text/x-python; charset=latin1", "", "x", 415,
			"Content-Type must be text/x-python in charset utf-8, got latin1"},
		{"text/x-python", "time_out=1", "x", 400,
			`unknown query parameter "time_out": there are only input, timeout, report, return_files`},
		{"text/x-python", "stdin=1", "x", 400, `unknown query parameter "stdin": …`},
		{"text/x-python", "timeout=abc", "x", 400, "timeout must be a number…"},
		{"text/x-python", "timeout=0x1p1", "x", 400, "timeout must be a number…"},
		{"text/x-python", "timeout=", "x", 400, "timeout must be a number…"},
		{"text/x-python", "timeout=1&timeout=2", "x", 400, "timeout must be given once"},
		{"text/x-python", "report=1", "x", 400, "report must be true or false"},
		{"text/x-python", "input=text", "x", 400, "input must be JSON: …"},
		{"text/x-python", "input=%22text%22", "x", 200, ""},
		{"text/x-python", "input=null", "x", 200, ""},
		{"text/x-python", "input=" + nest(101), "x", 400, "input must be nested at most 100 levels deep"},
		{"text/x-python", "a=%zz", "x", 400, "query must be URL-encoded: …"},
		{"application/json", "timeout=2", `{"script":"x","timeout":1}`, 400, "timeout must be given once"},
		{"application/json", "timeout=2", `{"script":"x"}`, 200, ""},
		{"application/json", "key=of-a-gateway", `{"script":"x"}`, 200, ""},
	} {
		r := four()
		w := serve(r, newRequest("POST", "/execute?"+tt.query, tt.contentType, tt.body))
		if tt.status == 200 {
			want(t, w, 200, `{"result":4,"stdout":""}`)
			continue
		}
		wantRefusal(t, w, tt.status, tt.text)
	}
}
