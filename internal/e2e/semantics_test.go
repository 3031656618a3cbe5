package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/pyexec/pyexec/internal/testbed/need"
)

// TestSemantics runs every story under testdata/semantics through HTTP: what a
// script may expect of Python here. A story is an archive of these files.
//
// What is sent:
//
//	script.py     the script, or
//	script.json   the script as a JSON string, for bytes that a text file
//	              can't carry unharmed: carriage returns, NUL, a byte order mark
//	input.json    the request's input, as it is
//	stdin         the request's stdin
//	request.json  an object with further members, such as report or timeout
//	settings      NAME=value a line; without it the defaults hold
//
// What must come back:
//
//	status        "422 script_error", or "200"; 200 when this file is missing
//	body          the reply, exactly
//	<member>      the member of that name, exactly: text without its final
//	              newline, anything else as the JSON that was sent
//	<member> has  lines each of which is somewhere in the member
//	<member> not  lines none of which is anywhere in the member
//	<member> like a regular expression that matches the member
//
// With "without LAYER" behind its name, one of status and <member> takes the
// place of the same one above it where the server says that the layer is not in
// force: a container may grant less than a machine. With "on SERIES", such as "on
// 3.14", one of status, body and <member> does so where that is the Python that
// scripts run on; with a plus behind it, such as "on 3.13+", there and on later ones.
// A story that has "python: SERIES" in a line before its files is told there alone.
func TestSemantics(t *testing.T) {
	stories, err := filepath.Glob("testdata/semantics/*.txtar")
	if err != nil || len(stories) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, path := range stories {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			s, err := readStory(path)
			if err != nil {
				t.Fatal(err)
			}
			t.Parallel()
			layers, python := live(t, s.settings...).layers(t)
			if s.python != "" && !of(s.python, python) {
				need.Elsewhere(t, "this story is of Python %s, and scripts run on %s", s.python, python)
			}
			s = s.in(layers, python)
			reply := live(t, s.settings...).post(t, s.request)
			// A busy machine may keep a script whose time is up from saying where it was.
			for try := 1; try < 5 && s.problems(reply) != nil; try++ {
				if !strings.HasSuffix(s.status, " timeout") && reply.text("status") != "timeout" {
					break
				}
				reply = live(t, s.settings...).post(t, s.request)
			}
			for _, problem := range s.problems(reply) {
				t.Error(problem)
			}
			if t.Failed() {
				t.Logf("reply: %.4000s", reply.body)
			}
		})
	}
}

// story is one fixture, taken apart.
type story struct {
	settings []string
	request  []byte
	status   string
	body     string
	checks   []check
	python   string // the only one that it is of
	variants []variant
}

// variant is what is expected where a layer is not in force, or on a Python.
type variant struct {
	layer, python, file, text string
}

// in is what is expected where just these layers are in force, on this Python.
func (s *story) in(layers map[string]bool, python string) *story {
	here := *s
	here.checks = slices.Clone(s.checks)
	for _, v := range s.variants {
		if v.layer != "" && layers[v.layer] || v.python != "" && !of(v.python, python) {
			continue
		}
		switch v.file {
		case "status":
			here.status = v.text
			continue
		case "body":
			here.body = v.text
			continue
		}
		member, how, _ := strings.Cut(v.file, " ")
		here.checks = slices.DeleteFunc(here.checks, func(c check) bool { return c.member == member })
		here.checks = append(here.checks, check{member, how, v.text})
	}
	return &here
}

// of reports whether a Python is what a story names: that series, or with a plus a later
// one.
func of(named, python string) bool {
	from, later := strings.CutSuffix(named, "+")
	return from == python || later && minor(python) > minor(from)
}

// minor is the number of a series: 14 of "3.14".
func minor(series string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(series, "3."))
	if err != nil {
		panic("no series of Python 3: " + series)
	}
	return n
}

// check is one expectation about one member of the reply.
type check struct {
	member, how, want string
}

// onlyOn is the line of a story that is told on one Python alone.
var onlyOn = regexp.MustCompile(`(?m)^python: (\S+)$`)

func readStory(path string) (*story, error) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		return nil, err
	}
	s := &story{status: "200"}
	if found := onlyOn.FindSubmatch(archive.Comment); found != nil {
		s.python = string(found[1])
	}
	request := map[string]json.RawMessage{}
	for _, f := range archive.Files {
		text := strings.TrimSuffix(string(f.Data), "\n")
		switch f.Name {
		case "script.py":
			request["script"] = quote(string(f.Data))
		case "script.json":
			request["script"] = json.RawMessage(text)
		case "input.json":
			request["input"] = json.RawMessage(text)
		case "stdin":
			request["stdin"] = quote(string(f.Data))
		case "request.json":
			more := map[string]json.RawMessage{}
			if err := json.Unmarshal(f.Data, &more); err != nil {
				return nil, fmt.Errorf("%s: %s: %w", path, f.Name, err)
			}
			maps.Copy(request, more)
		case "settings":
			s.settings = strings.Fields(text)
		case "status":
			s.status = text
		case "body":
			s.body = text
		default:
			name, layer, lacking := strings.Cut(f.Name, " without ")
			name, python, other := strings.Cut(name, " on ")
			member, how, _ := strings.Cut(name, " ")
			if lacking || other {
				s.variants = append(s.variants, variant{layer, python, name, text})
				continue
			}
			if !slices.Contains([]string{"", "has", "not", "like"}, how) {
				return nil, fmt.Errorf("%s: %s: not a file of a story", path, f.Name)
			}
			s.checks = append(s.checks, check{member, how, text})
		}
	}
	if request["script"] == nil || s.body == "" && len(s.checks) == 0 {
		return nil, fmt.Errorf("%s: a story needs a script and something to expect", path)
	}
	// By hand: encoding/json would make U+FFFD of half a surrogate pair.
	for i, name := range slices.Sorted(maps.Keys(request)) {
		s.request = append(s.request, "{,"[min(i, 1)])
		s.request = fmt.Appendf(s.request, "%q:%s", name, request[name])
	}
	s.request = append(s.request, '}')
	return s, nil
}

func quote(text string) json.RawMessage {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string can be marshaled
	}
	return b
}

// problems lists the ways in which a reply is wrong.
func (s *story) problems(r said) (all []string) {
	got := fmt.Sprint(r.code)
	if status := r.text("status"); status != "" {
		got += " " + status
	}
	if got != s.status {
		all = append(all, fmt.Sprintf("got %s, want %s", got, s.status))
	}
	if s.body != "" && r.body != s.body {
		all = append(all, fmt.Sprintf("body:\n%s\nwant:\n%s", r.body, s.body))
	}
	for _, c := range s.checks {
		if problem := c.of(r); problem != "" {
			all = append(all, fmt.Sprintf("%s %s: %s", c.member, c.how, problem))
		}
	}
	return all
}

// of returns what one check finds wrong with the reply.
func (c check) of(r said) string {
	got := strings.TrimSuffix(r.text(c.member), "\n")
	switch c.how {
	case "":
		if got != c.want && string(r.member[c.member]) != c.want {
			return fmt.Sprintf("\n%s\nwant:\n%s", got, c.want)
		}
	case "like":
		if re, err := regexp.Compile("(?s)^(?:" + c.want + ")$"); err != nil || !re.MatchString(got) {
			return fmt.Sprintf("\n%s\ndoes not match:\n%s (%v)", got, c.want, err)
		}
	default:
		for line := range strings.SplitSeq(c.want, "\n") {
			if strings.Contains(got, line) != (c.how == "has") {
				return fmt.Sprintf("\n%s\nline:\n%s", got, line)
			}
		}
	}
	return ""
}
