package program

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// Expected is what the header of a program says for a place, by name.
type Expected map[string]string

// In is what the header says for a place. Where a run is in several places at
// once, the header's later lines stand.
func (p *Program) In(places ...string) Expected {
	want := maps.Clone(Expected(p.want))
	for _, d := range p.differs {
		if !slices.ContainsFunc(d.places, func(in string) bool { return slices.Contains(places, in) }) {
			continue
		}
		value := d.value
		switch d.name {
		case "status": // what goes with the other one is of no use
			maps.DeleteFunc(want, func(name, _ string) bool { return name != "blocked" && name != "input" })
		case "entries":
			// Parse has seen to it that this works.
			value, _ = merged(want["entries"], d.value, func(bool) bool { return true })
		}
		plain := strings.TrimSuffix(d.name, "~")
		delete(want, plain)
		delete(want, plain+"~")
		want[d.name] = value
	}
	return want
}

// Says is what the header says under a name, whether as a text or as a regular
// expression; false if nothing.
func (want Expected) Says(name string) (string, bool) {
	for _, key := range []string{name, name + "~"} {
		if value, given := want[key]; given {
			return value, true
		}
	}
	return "", false
}

// Matches says whether a text is what the header says under a name. Without such a
// line it is not.
func (want Expected) Matches(name, got string) bool {
	if pattern, given := want[name+"~"]; given {
		return wholly(pattern).MatchString(got)
	}
	value, given := want[name]
	return given && got == value
}

// Mismatches compares a reply with what is wanted, and says what is wrong, nothing
// if all is as it must be. The members of a reply have the names that the
// service's replies have.
func (want Expected) Mismatches(reply map[string]json.RawMessage) (wrong []string) {
	wanted := want["status"]
	if wanted == "" {
		wanted = "ok"
	}
	if status := text(reply["status"]); !slices.Contains(strings.Split(wanted, "|"), status) {
		wrong = append(wrong, fmt.Sprintf("status %s, want %s", status, wanted))
	}
	for name, value := range want {
		plain, pattern := strings.CutSuffix(name, "~")
		switch plain {
		case "result", "error", "denied", "stdout", "stderr":
			if got, same := compare(plain, value, pattern, reply[plain]); !same {
				wrong = append(wrong, fmt.Sprintf("%s %.1500s\nwant %s", plain, got, value))
			}
		case "entries":
			wrong = append(wrong, otherEntries(value, reply["result"])...)
		case "each":
			wrong = append(wrong, otherTexts(value, reply["result"])...)
		}
	}
	if _, denied := reply["denied"]; denied && want["denied"] == "" && want["denied~"] == "" {
		wrong = append(wrong, "denied "+text(reply["denied"])+", and nothing is expected")
	}
	return wrong
}

// compare says whether a member of a reply is as wanted, and what it is.
func compare(name, value string, pattern bool, raw json.RawMessage) (got string, same bool) {
	got = text(raw)
	if name == "result" {
		got = string(raw)
	}
	switch {
	case pattern:
		return got, wholly(value).MatchString(got)
	case name == "result":
		return got, sameJSON(got, value)
	}
	return got, got == value
}

// wholly is a regular expression that has to match all of a text.
func wholly(pattern string) *regexp.Regexp { return regexp.MustCompile(`\A(?s:` + pattern + `)\z`) }

// otherEntries compares two objects member by member.
func otherEntries(object string, result json.RawMessage) (wrong []string) {
	var want, came map[string]json.RawMessage
	if err := json.Unmarshal([]byte(object), &want); err != nil {
		return []string{err.Error()}
	}
	if err := json.Unmarshal(result, &came); err != nil {
		return []string{fmt.Sprintf("result %.1500s: %v", result, err)}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got, there := came[name]; !there || !sameJSON(string(got), string(want[name])) {
			wrong = append(wrong, fmt.Sprintf("%s: %s, want %s", name, got, want[name]))
		}
		delete(came, name)
	}
	for _, name := range slices.Sorted(maps.Keys(came)) {
		wrong = append(wrong, fmt.Sprintf("%s: %s, and nothing is expected", name, came[name]))
	}
	return wrong
}

// otherTexts looks at each text of an object of objects.
func otherTexts(pattern string, result json.RawMessage) (wrong []string) {
	var came map[string]map[string]json.RawMessage
	if err := json.Unmarshal(result, &came); err != nil || len(came) == 0 {
		return []string{fmt.Sprintf("result %.1500s: %v, want an object of objects", result, err)}
	}
	for _, outer := range slices.Sorted(maps.Keys(came)) {
		for _, inner := range slices.Sorted(maps.Keys(came[outer])) {
			var got string
			raw := came[outer][inner]
			if json.Unmarshal(raw, &got) != nil || !wholly(pattern).MatchString(got) {
				wrong = append(wrong, fmt.Sprintf("%s: %s: %s, want %s", outer, inner, raw, pattern))
			}
		}
	}
	return wrong
}

// text is a JSON string's value, or what is not one as it is.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return string(raw)
	}
	return s
}

func sameJSON(a, b string) bool {
	decode := func(s string) (v any, err error) {
		d := json.NewDecoder(bytes.NewReader([]byte(s)))
		d.UseNumber()
		return v, d.Decode(&v)
	}
	x, errX := decode(a)
	y, errY := decode(b)
	return errX == nil && errY == nil && reflect.DeepEqual(x, y)
}
