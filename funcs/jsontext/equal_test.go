package jsontext

import (
	"encoding/json"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"
)

// What is the same value, and what is not.
func TestEqual(t *testing.T) {
	deep := strings.Repeat("[", 500) + strings.Repeat("]", 500)
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"1", "1.0", true}, {"1", "10e-1", true}, {"-0", "0.0", true}, {"0e5", "0", true}, {"100", "1E+2", true},
		{"0.001", "1e-3", true}, {"1", "-1", false}, {"0.1", "0.10000000000000001", false}, {"10", "1", false},
		{"18446744073709551617", "18446744073709551616", false},
		{"18446744073709551617.0", "18446744073709551617", true},
		{"1e400", "1" + strings.Repeat("0", 400), true}, {"1e400", "1e401", false},
		{"1e99999999999999999999", "1e99999999999999999999", true},
		{"1e99999999999999999999", "2e99999999999999999999", false},
		{"true", "false", false}, {"true", "1", false}, {"null", "0", false}, {"null", " null ", true}, {`""`, "null", false},
		{`"a"`, `"\u0061"`, true}, {`"\ud83d\ude00"`, `"😀"`, true}, {`"a"`, `"A"`, false}, {`"1"`, "1", false},
		{`"\/"`, `"/"`, true},
		{`"\ud800"`, `"\uD800"`, true}, {`"\ud800"`, `"\ud801"`, false}, {`"\ud800"`, `"\udc00"`, false},
		{`"\udfff"`, `"\ufffd"`, false}, {`"\udfff"`, `"�"`, false}, {`"\ud83d\ude00"`, `"\ude00\ud83d"`, false},
		{`"a\ud800\n"`, `"\u0061\ud800\u000a"`, true}, {`"\ud83d\ud83d\ude00"`, `"\ud83d😀"`, true},
		{`{"\ud800":1}`, `{"\ud801":1}`, false}, {`{"\ud800":1,"\ud801":2}`, `{"\ud801":2,"\uD800":1}`, true},
		{`{"\ud800":1,"\ud801":2}`, `{"\ud801":2}`, false},
		{"[]", "[ ]", true}, {"[1, 2]", "[1,2.0]", true}, {"[1,2]", "[2,1]", false}, {"[1]", "[1,2]", false},
		{"[1,2]", "[1]", false}, {"[]", "{}", false}, {"[[],[[]]]", "[[],[[ ]]]", true}, {"[[],[]]", "[[[]]]", false},
		{`{"a":1,"b":[{"c":2}]}`, `{ "b" : [ {"c":2.0} ], "a" : 1 }`, true}, {`{"a":1}`, `{"a":1,"b":2}`, false},
		{`{"a":1}`, `{"b":1}`, false}, {`{"a":1,"a":2}`, `{"a":2}`, true}, {`{"a":2,"a":1}`, `{"a":2}`, false},
		{`{"a":{},"b":[1]}`, `{"b":[1],"a":{}}`, true}, {`{"a":{},"b":[1]}`, `{"b":[2],"a":{}}`, false},
		{`{"\u0061":1}`, `{"a":1}`, true}, {`{"]}":"{["}`, `{ "]}":"{["}`, true},
		{deep, deep[:500] + " " + deep[500:], true}, {deep, deep[1:999], false},
	} {
		for _, pair := range [][2]string{{tt.a, tt.b}, {tt.b, tt.a}} {
			if got := Equal([]byte(pair[0]), []byte(pair[1])); got != tt.want {
				t.Errorf("%.60s and %.60s: %v", pair[0], pair[1], got)
			}
		}
	}
}

// Where encoding/json finds two texts the same by the numbers as they are written, so
// does Equal; and whatever it is given it comes back.
func FuzzEqual(f *testing.F) {
	for _, seed := range [][2]string{{"[1,2]", "[1, 2]"}, {`{"a":1,"b":{}}`, `{"b":{},"a":1}`}, {"1e5", "100000"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		var x, y any
		if parsed(a, &x) != nil || parsed(b, &y) != nil {
			t.Skip()
		}
		if !Equal([]byte(a), []byte(a+" ")) {
			t.Errorf("%q is not itself", a)
		}
		if strings.ContainsRune(fmt.Sprint(x), utf8.RuneError) {
			t.Skip() // there halves of surrogate pairs are all the same
		}
		if got, same := Equal([]byte(a), []byte(b)), reflect.DeepEqual(x, y); same && !got {
			t.Errorf("%q and %q: %v", a, b, got)
		}
	})
}

func parsed(text string, to *any) error {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if !json.Valid([]byte(text)) {
		return json.Unmarshal([]byte(text), to)
	}
	return d.Decode(to)
}

// The time is in proportion to the text, also where each level has its members in
// another order.
func BenchmarkEqualNested(b *testing.B) {
	const levels = 250
	fill := strings.Repeat("x", 8<<10)
	x := strings.Repeat(`{"a":"`+fill+`","b":`, levels) + "0" + strings.Repeat("}", levels)
	y := strings.Repeat(`{"b":`, levels) + "0" + strings.Repeat(`,"a":"`+fill+`"}`, levels)
	b.SetBytes(int64(len(x) + len(y)))
	b.ReportAllocs()
	for b.Loop() {
		if !Equal([]byte(x), []byte(y)) {
			b.Fatal("differ")
		}
	}
}

// What an object takes is bounded by its text: both texts are a caller's.
func TestEqualTakesLittleMemory(t *testing.T) {
	a := []byte("{" + strings.Repeat(`"":1,`, 200_000) + `"":1}`)
	b := []byte("{" + strings.Repeat(`"":1,`, 200_000) + `"":1.0}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if !Equal(a, b) {
		t.Error("not equal")
	}
	runtime.ReadMemStats(&after)
	if took, most := after.TotalAlloc-before.TotalAlloc, uint64(5*(len(a)+len(b))); took > most {
		t.Errorf("%d bytes for texts of %d, at most %d", took, len(a)+len(b), most)
	}
}
