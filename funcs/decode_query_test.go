package funcs

import (
	"reflect"
	"testing"
	"time"

	"github.com/pyexec/pyexec/runtime"
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

// Options stand in the query, too; a name needs no quotes there.
func TestOptionsInTheQuery(t *testing.T) {
	for query, want := range map[string]runtime.Options{
		"entry=solve":                           {Entry: "solve"},
		"entry=%22solve%22":                     {Entry: "solve"},
		"entry=true":                            {Entry: "true"},
		"entry=null":                            {Program: true},
		"convert=true&spread=true&input=%7B%7D": {Convert: true, Spread: true},
		"env=%7B%22A%22:%22b%22%7D&args=%5B%22c%22%5D": {Env: map[string]string{"A": "b"}, Args: []string{"c"}},
	} {
		r := four()
		serve(r, newRequest("POST", "/execute?"+query, "text/x-python", "x"))
		if got := r.job(t).Options; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", query, got, want)
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
			`unknown query parameter "time_out": there are only input, timeout, report, return_files, ` +
				`entry, spread, convert, env, args, environment`},
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
		{"text/x-python", "entry=a%20b", "x", 400, "entry must be the name of a function, or null…"},
		{"text/x-python", "entry=5", "x", 400, "entry must be the name of a function, or null…"},
		{"text/x-python", "entry=", "x", 400, "entry must be the name of a function, or null…"},
		{"text/x-python", "entry=null&input=1", "x", 400, "input must be left out where entry is null: …"},
		{"text/x-python", "spread=yes", "x", 400, "spread must be true or false"},
		{"text/x-python", "env=A", "x", 400, "env must be an object of names and texts"},
		{"text/x-python", "args=a", "x", 400, "args must be an array of strings"},
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
