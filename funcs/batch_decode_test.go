package funcs

import (
	"strings"
	"testing"
)

const caseFieldsText = "a case has only input, stdin, expected, expected_stdout"

// badBatches are requests with many cases that are refused, and the sentence that says so.
var badBatches = []struct{ name, members, text string }{
	{"inputs an object", `"inputs":{}`, "inputs must be an array of JSON values: main(input) is called for each of them"},
	{"inputs null", `"inputs":null`, "inputs must be an array of JSON values: main(input) is called for each of them"},
	{"inputs text", `"inputs":"[1]"`, "inputs must be an array of JSON values: main(input) is called for each of them"},
	{"inputs empty", `"inputs":[ ]`, "inputs must not be empty"},
	{"inputs many", `"inputs":[0` + strings.Repeat(",0", 99_999) + `]`, "inputs must be at most 10000, got 100000"},
	{"inputs deep", `"inputs":[1,` + nest(101) + `]`, "inputs: item 1: input must be nested at most 100 levels deep"},
	{"inputs deeper", `"inputs":[` + nest(100_000) + `]`, "request body must be nested at most 100 levels deep"},
	{"inputs twice", `"inputs":[1],"inputs":[1]`, "inputs must be given once"},
	{"inputs with input", `"inputs":[1],"input":null`,
		"input must be left out where there are inputs: they take its place"},
	{"inputs with stdin", `"inputs":[1],"stdin":""`,
		"stdin must be left out where there are inputs: each of cases can have its own"},
	{"inputs with cases", `"inputs":[1],"cases":[{}]`,
		"inputs must be left out where there are cases: each of them has its own input"},
	{"inputs of a program", `"inputs":[1],"entry":null`,
		"inputs must be left out where entry is null: a program has no function to hand them to"},
	{"expected of a program", `"expected":[1],"entry":null`,
		"expected must be left out where entry is null: a program is graded by what it prints"},
	{"isolation of a program alone", `"isolation":"case","entry":null`,
		"isolation must come with cases where entry is null"},
	{"one process for a program alone", `"isolation":"run","entry":null`,
		"isolation must be left out where entry is null: a program has no function to call again"},
	{"an input for a program", `"cases":[{"stdin":"1"},{"input":1}],"entry":null`,
		"cases: item 1: input must be left out where entry is null: a program has no function to hand it to, " +
			"but stdin, args, env and files"},
	{"inputs spread", `"inputs":[{},[]],"spread":true`,
		"inputs: item 1: input must be an object where spread is true: its members are the keyword arguments"},
	{"isolation alone", `"isolation":"case"`, "isolation must come with inputs or cases"},
	{"isolation with input", `"isolation":"run","input":1`, "isolation must come with inputs or cases"},
	{"isolation unknown", `"inputs":[1],"isolation":"thread"`, `isolation must be "case" or "run"`},
	{"isolation null", `"inputs":[1],"isolation":null`, `isolation must be "case" or "run"`},
	{"isolation empty", `"inputs":[1],"isolation":""`, `isolation must be "case" or "run"`},
	{"expected alone", `"expected":[1]`, "expected must come with inputs, one for each of them"},
	{"expected no array", `"inputs":[1],"expected":1`,
		"expected must be an array of JSON values, one for each of inputs"},
	{"expected short", `"inputs":[1,2],"expected":[1]`,
		"expected must have one value for each of inputs: there are 1 for 2"},
	{"expected long", `"inputs":[1,2],"expected":[1,2,3]`,
		"expected must have one value for each of inputs: there are 3 for 2"},
	{"expected empty", `"inputs":[1],"expected":[]`,
		"expected must have one value for each of inputs: there are 0 for 1"},
	{"expected deep", `"inputs":[1],"expected":[` + nest(101) + `]`,
		"inputs: item 0: expected must be nested at most 100 levels deep"},
	{"expected with cases", `"cases":[{}],"expected":[1]`,
		"expected must be left out where there are cases: each of them has its own"},
	{"cases an object", `"cases":{}`, "cases must be an array of objects of input, stdin, expected, expected_stdout"},
	{"cases empty", `"cases":[]`, "cases must not be empty"},
	{"cases of values", `"cases":[{},1]`,
		"cases: item 1: must be an object of input, stdin, expected, expected_stdout"},
	{"cases many", `"cases":[{}` + strings.Repeat(",{}", 10_000) + `]`, "cases must be at most 10000, got 10001"},
	{"case with another field", `"cases":[{"inptu":1}]`, `cases: item 0: unknown field "inptu": ` + caseFieldsText},
	{"case with script", `"cases":[{"script":"x"}]`, `cases: item 0: unknown field "script": ` + caseFieldsText},
	{"case twice", `"cases":[{"input":1,"inp\u0075t":2}]`, "cases: item 0: input must be given once"},
	{"case deep", `"cases":[{"input":` + nest(101) + `}]`,
		"cases: item 0: input must be nested at most 100 levels deep"},
	{"case stdin", `"cases":[{"stdin":1}]`, "cases: item 0: stdin must be a string"},
	{"case stdout", `"cases":[{},{"expected_stdout":null}]`, "cases: item 1: expected_stdout must be a string"},
	{"case surrogate", `"cases":[{"stdin":"\ud800"}]`,
		`cases: item 0: stdin must be Unicode text: it has half of a surrogate pair (\ud800 to \udfff)`},
	{"cases with input", `"cases":[{}],"input":1`,
		"input must be left out where there are cases: they take its place"},
	{"cases spread", `"cases":[{}],"spread":true`,
		"cases: item 0: input must be an object where spread is true: its members are the keyword arguments"},
	{"env", `"inputs":[1],"env":{"":"x"}`, `env: "": a name must not be empty, and have no = and no NUL`},
	{"files of one process", `"inputs":[1],"isolation":"run","return_files":true`,
		`isolation must be "case" where return_files is true: files that cases share are none's own`},
	{"a program in one process", `"cases":[{}],"isolation":"run","entry":null`,
		"isolation must be left out where entry is null: a program has no function to call again"},
}

// What is refused of a batch, before anything has run, however the reply is asked for.
func TestBadBatches(t *testing.T) {
	for _, tt := range badBatches {
		t.Run(tt.name, func(t *testing.T) {
			for _, accept := range []string{"", linesType} {
				runner := four()
				r := newRequest("POST", "/execute", "application/json", `{"script":"x",`+tt.members+`}`)
				r.Header.Set("Accept", accept)
				w := serveBatch(runner, r)
				wantRefusal(t, w, 400, tt.text)
				if len(runner.jobs) != 0 {
					t.Error("it was run all the same")
				}
			}
		})
	}
	const linesText = "request body must be one JSON object, got lines of JSON"
	for _, body := range []string{
		`{"script":"x"}` + "\n" + `{"input":1}` + "\n", " \n" + `{"script":"x"}` + "\r\n\r\n[1]\r\n{}", `{}` + "\n1",
	} {
		wantRefusal(t, serveBatch(four(), newRequest("POST", "/execute", "application/json", body)), 400, linesText)
	}
	for _, body := range []string{
		`{"script":"x"} {"input":1}`, `{"script":"x"}` + "\n{", "{\n}\n{}", "1\n2", "{}\n\n}",
	} {
		w := serveBatch(four(), newRequest("POST", "/execute", "", body))
		if strings.Contains(w.Body.String(), "lines of JSON") {
			t.Errorf("%q: %s", body, w.Body)
		}
	}
	for _, media := range []string{"application/ndjson", "application/jsonl", "Application/JSON-Lines", "x/x-ndjson"} {
		w := serveBatch(four(), newRequest("POST", "/execute", media, "{}\n{}"))
		if w.Code != 415 || !strings.Contains(w.Body.String(), `"hint":"`+linesTypeHint) {
			t.Errorf("%s: %d %s", media, w.Code, w.Body)
		}
	}
	large := `{"script":"x","inputs":["` + strings.Repeat("x", testBodyBytes) + `"]}`
	wantRefusal(t, serveBatch(four(), newRequest("POST", "/execute", "", large)), 413,
		"request body must be at most 8388608 bytes, got 8388636")
	for media, hint := range map[string]string{"": linesBodyHint, "text/x-python": bodyHint} {
		w := serveBatch(four(), newRequest("POST", "/execute", media, large))
		if !strings.Contains(w.Body.String(), `"hint":"`+hint) {
			t.Errorf("%s: %s", media, w.Body)
		}
	}
	mixed := newRequest("POST", "/execute?input=1", "", `{"script":"x","inputs":[1]}`)
	wantRefusal(t, serveBatch(four(), mixed), 400, "input must be left out where there are inputs: they take its place")
}

// badLines are requests in lines that are refused before anything has run.
var badLines = []struct {
	name, body string
	status     int
	text       string
}{
	{"empty", "", 400, "request body must begin with a line that is a JSON object with the field script"},
	{"blank", " \r\n\n", 400, "request body must begin with a line that is a JSON object with the field script"},
	{"no JSON", "script\n", 400,
		"line 1: must be valid JSON: invalid character 's' looking for beginning of value (byte 1)"},
	{"no script", "{}\n{}\n", 400,
		"line 1: script is missing: it must be a string of Python source that defines main()"},
	{"no case", `{"script":"x"}` + "\n\n", 400, "request body must have a line for each case after that of the request"},
	{"inputs", `{"script":"x","inputs":[1]}` + "\n{}", 400,
		"line 1: inputs must be left out where there are further lines: each of them is a case"},
	{"input", `{"script":"x","input":1}` + "\n{}", 400,
		"line 1: input must be left out where there are further lines: they take its place"},
	{"long", `{"script":"` + strings.Repeat("x", 8<<20) + `"}` + "\n{}", 413, "line 1: must be at most 8388608 bytes"},
	{"inputs of a program", `{"script":"x","inputs":[1],"entry":null}` + "\n{}", 400,
		`line 1: inputs must be left out where there are further lines: each of them is a case, such as {"stdin": "…"}`},
	{"first case", `{"script":"x"}` + "\n[1]", 400,
		"line 2: must be an object of input, stdin, expected, expected_stdout"},
	{"first case after blanks", `{"script":"x"}` + "\n\n \n{", 400,
		"line 4: must be valid JSON: unexpected end of JSON input (byte 1)"},
	{"Latin-1", "{\"script\":\"x\"}\n{\"input\":\"\xe9\"}", 400, "line 2: must be UTF-8"},
	{"spread", `{"script":"x","spread":true}` + "\n" + `{"input":1}`, 400,
		"line 2: input must be an object where spread is true: its members are the keyword arguments"},
	{"deep", `{"script":"x"}` + "\n" + `{"input":` + nest(101) + `}`, 400,
		"line 2: input must be nested at most 100 levels deep"},
	{"long case", `{"script":"x"}` + "\n" + `{"input":"` + strings.Repeat("x", 8<<20) + `"}`, 413,
		"line 2: must be at most 8388608 bytes"},
}

func TestBadLines(t *testing.T) {
	for _, tt := range badLines {
		t.Run(tt.name, func(t *testing.T) {
			runner := four()
			wantRefusal(t, serveBatch(runner, newRequest("POST", "/execute", linesType, tt.body)), tt.status, tt.text)
			if len(runner.jobs) != 0 {
				t.Error("it was run all the same")
			}
		})
	}
	for contentType, text := range map[string]string{
		linesType + "; charset=latin1": "Content-Type must be application/x-ndjson in charset utf-8, got latin1",
		linesType + "2":                "Content-Type must be application/x-ndjson, got application/x-ndjson2",
	} {
		wantRefusal(t, serveBatch(four(), newRequest("POST", "/execute", contentType, "{}")), 415, text)
	}
}
