package mcp

import (
	"encoding/json"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

func TestNewResult(t *testing.T) {
	for name, tt := range map[string]struct {
		reply, rest string
		images      []string // type and data
	}{
		"plain": {`{"result":4.0,"stdout":"<a>\n"}`, `{"result":4.0,"stdout":"<a>\n"}`, nil},
		"result that is one": {`{"result":{"figures":[1]},"stdout":""}`, `{"result":{"figures":[1]},"stdout":""}`,
			nil},
		"figures": {`{"result":18446744073709551617,"stdout":"","figures":[{"type":"image/png",` +
			`"base64":"aGk="},{"type":"image/png","base64":"eW8="}],"files":{"a":"b"}}`,
			`{"result":18446744073709551617,"stdout":"","files":{"a":"b"}}`,
			[]string{"image/png hi", "image/png yo"}},
		"forms of the result": {`{"result":null,"stdout":"","display":{"text/html":"<b>","image/png":"aGk=",` +
			`"image/svg+xml":"<svg/>"}}`,
			`{"result":null,"stdout":"","display":{"text/html":"<b>","image/svg+xml":"<svg/>"}}`,
			[]string{"image/png hi"}},
		"several things": {`{"result":1,"displays":[{"image/png":"aGk=","text/plain":"5.0"},{"image/png":"eW8="},` +
			`{"text/html":"<i>"}],"display":{"image/jpeg":"aGE="},"stdout":""}`,
			`{"result":1,"displays":[{"text/plain":"5.0"},{"text/html":"<i>"}],"stdout":""}`,
			[]string{"image/png hi", "image/png yo", "image/jpeg ha"}},
		"an image alone": {`{"result":null,"display":{"image/jpeg":"aGk="},"stdout":""}`,
			`{"result":null,"stdout":""}`, []string{"image/jpeg hi"}},
		"no figures left": {`{"result":1,"stdout":"","figures":[]}`, `{"result":1,"stdout":""}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			res, err := newResult(Reply{Body: []byte(tt.reply), Success: true, ExecutionID: "id"})
			if err != nil {
				t.Fatal(err)
			}
			text := res.Content[0].(*sdk.TextContent).Text
			if structured := string(res.StructuredContent.(json.RawMessage)); text != tt.rest ||
				structured != tt.rest {
				t.Errorf("\n text %s\nvalue %s\n want %s", text, structured, tt.rest)
			}
			if len(res.Content) != 1+len(tt.images) {
				t.Fatalf("%d parts, want %d", len(res.Content), 1+len(tt.images))
			}
			for i, want := range tt.images {
				image := res.Content[1+i].(*sdk.ImageContent)
				if got := image.MIMEType + " " + string(image.Data); got != want {
					t.Errorf("image %d: %q, want %q", i, got, want)
				}
			}
			if res.IsError || res.Meta["pyexec/execution_id"] != "id" {
				t.Errorf("%+v", res)
			}
		})
	}
	for _, broken := range []string{``, `[]`, `{"figures":1}`, `{"display":[]}`, `{"displays":{}}`, `{"displays":[1]}`,
		`{"display":{"image/png":"no base64!"}}`, `{"a":1`} {
		if _, err := newResult(Reply{Body: []byte(broken)}); err == nil {
			t.Errorf("%s: no error", broken)
		}
	}
}

// What is taken apart and put together again is the same.
func FuzzMembers(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":1,"b":[4.0,{"c":null}]}`, `{"a":"\ud800","a":""}`,
		`{"\u0000":"<>&"} `, `[`, `{"a"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, object []byte) {
		list, err := membersOf(object)
		if err != nil {
			return
		}
		again, err := membersOf(joinMembers(list))
		if err != nil || len(again) != len(list) {
			t.Fatalf("%q: %v", object, err)
		}
		for i := range list {
			if again[i].name != list[i].name || string(again[i].value) != string(list[i].value) {
				t.Errorf("%q: member %d: %q, was %q", object, i, again[i], list[i])
			}
		}
	})
}
