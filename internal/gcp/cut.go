package gcp

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/pyexec/pyexec/internal/logline"
)

// Cut shortens text so that it takes at most most bytes in a line of JSON, where a
// control character takes six, and appends the original length. all is that length
// in bytes where text is only the beginning of something longer, else 0.
func Cut(text string, most, all int) string {
	all = max(all, len(text))
	end := cutAt(text, most)
	if end == all {
		return text
	}
	return strings.ToValidUTF8(text[:end], "") + fmt.Sprintf("… (%d bytes in all)", all)
}

// cutAt is how many bytes of text fit into most bytes of JSON.
func cutAt(text string, most int) int {
	took := 0
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		if took += inJSON(r, size); took > most {
			return at
		}
		at += size
	}
	return len(text)
}

// inJSON is how many bytes a character takes in JSON.
func inJSON(r rune, size int) int {
	switch {
	case r == '"', r == '\\', r == '\n', r == '\r', r == '\t':
		return 2
	case r < ' ', r == utf8.RuneError && size == 1, r == '\u2028', r == '\u2029':
		return 6
	}
	return size
}

// shrink cuts the texts in a payload, the longest ones first, until the payload is
// of at most most bytes. Of a payload that is many short texts only the message is
// left.
func shrink(payload *structpb.Struct, most int) {
	for longest := most / 2; longest >= 64; longest /= 2 {
		if proto.Size(payload) <= most {
			return
		}
		cutValues(structpb.NewStructValue(payload), longest)
	}
	if size := proto.Size(payload); size > most {
		message := payload.Fields[logline.KeyMessage].GetStringValue()
		payload.Fields = map[string]*structpb.Value{
			logline.KeyMessage: structpb.NewStringValue(message),
			"entry_bytes":      structpb.NewNumberValue(float64(size)),
		}
	}
}

// cutValues cuts each text in v that is longer than most bytes.
func cutValues(v *structpb.Value, most int) {
	switch kind := v.GetKind().(type) {
	case *structpb.Value_StringValue:
		kind.StringValue = Cut(kind.StringValue, most, 0)
	case *structpb.Value_StructValue:
		for _, field := range kind.StructValue.GetFields() {
			cutValues(field, most)
		}
	case *structpb.Value_ListValue:
		for _, item := range kind.ListValue.GetValues() {
			cutValues(item, most)
		}
	}
}
