package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
)

// convertPage is docs/convert.md, whose rows are what TestConvert runs.
const convertPage = "../../docs/convert.md"

// rule is one row: an expression of Python, and what it becomes or why it is refused.
type rule struct{ value, becomes, refused string }

// rulesOf reads the table below a heading of the page.
func rulesOf(t *testing.T, heading string) (rules []rule) {
	t.Helper()
	page, err := os.ReadFile(convertPage)
	if err != nil {
		t.Fatal(err)
	}
	_, part, found := strings.Cut(string(page), "\n## "+heading+"\n")
	part, _, _ = strings.Cut(part, "\n## ")
	for line := range strings.Lines(part) {
		cells := strings.Split(line, " | ")
		value, ok := strings.CutPrefix(cells[0], "| `")
		if !ok || len(cells) < 2 {
			continue
		}
		r := rule{value: strings.TrimSuffix(value, "`")}
		if reason, ok := strings.CutPrefix(cells[1], "refused: "); ok {
			r.refused = strings.Trim(reason, "`")
		} else {
			r.becomes = strings.Trim(cells[1], "`")
		}
		rules = append(rules, r)
	}
	if !found || len(rules) < 15 {
		t.Fatalf("%s: %d rows", heading, len(rules))
	}
	return rules
}

// Each rule of docs/convert.md holds, alone and inside of other values.
func TestConvert(t *testing.T) {
	base := live(t).http.URL
	imports := "import array, collections, dataclasses, datetime as dt, enum, fractions, ipaddress, itertools\n" +
		"import pathlib, types, uuid\nfrom decimal import Decimal as D\n"
	holds(t, base, imports, rulesOf(t, "Values of Python and its library"))
}

// Those of values of packages, too.
func TestDataConvert(t *testing.T) {
	holds(t, dataServer(t), "import numpy as np, pandas as pd, pyarrow as pa, scipy.sparse, sympy\n",
		rulesOf(t, "Values of packages"))
}

func holds(t *testing.T, base, imports string, rules []rule) {
	for _, r := range rules {
		for _, where := range []struct{ script, entry, before, after string }{
			{imports + "def main():\n    return " + r.value, `"main"`, "", ""},
			{imports + "def main():\n    return {'in': [" + r.value + "]}", `"main"`, `{"in":[`, `]}`},
			{imports + r.value, "null", "", ""},
		} {
			request, err := json.Marshal(map[string]any{"script": where.script, "convert": true,
				"entry": json.RawMessage(where.entry)})
			if err != nil {
				t.Fatal(err)
			}
			code, body := ask(t, base, request)
			if r.refused != "" {
				if code != http.StatusUnprocessableEntity || !strings.Contains(body, inJSON(r.refused)) &&
					where.before == "" {
					t.Errorf("%s: got %d %s, want %q", r.value, code, body, r.refused)
				}
				continue
			}
			if want := `{"result":` + where.before + r.becomes + where.after + `,"stdout":""}`; body != want {
				t.Errorf("%s:\n got %d %s\nwant %s", r.value, code, body, want)
			}
		}
	}
}

// inJSON is how s stands in a JSON string.
func inJSON(s string) string {
	quoted, _ := json.Marshal(s) // a string always works
	return strings.Trim(string(quoted), `"`)
}

func ask(t *testing.T, base string, request []byte) (int, string) {
	t.Helper()
	reply, err := http.Post(base+"/execute", "application/json", bytes.NewReader(request))
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply.StatusCode, string(body)
}
