package mcp

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"

	"github.com/pyexec/pyexec/funcs/jsontext"
)

// Codes of errors of JSON-RPC. CodeRetry is of the range that it leaves to
// servers: the same message may succeed later.
const (
	CodeParse    = jsonrpc.CodeParseError
	CodeInvalid  = jsonrpc.CodeInvalidRequest
	CodeMethod   = jsonrpc.CodeMethodNotFound
	CodeInternal = jsonrpc.CodeInternalError
	CodeRetry    = -32000
)

// Refusal is an error of the protocol that answers a message which never
// reached a method.
type Refusal struct {
	// Code is one of JSON-RPC's.
	Code int64
	// Message is one sentence.
	Message string
	// Status is the word that POST /execute has for it, ExecutionID the name of
	// the request, Hint what can be done; empty where there is nothing to say.
	Status, ExecutionID, Hint string
}

// Append appends the refusal as the answer to the message with this id, the
// JSON text of a string or a number. nil: the message has none that is known.
func (r Refusal) Append(b, id []byte) []byte {
	if len(id) == 0 {
		id = []byte("null")
	}
	b = append(append(b, `{"jsonrpc":"2.0","id":`...), id...)
	b = strconv.AppendInt(append(b, `,"error":{"code":`...), r.Code, 10)
	b = jsontext.AppendString(append(b, `,"message":`...), r.Message)
	b = jsontext.AppendString(append(b, `,"data":{"status":`...), r.Status)
	b = jsontext.AppendString(append(b, `,"execution_id":`...), r.ExecutionID)
	if r.Hint != "" {
		b = jsontext.AppendString(append(b, `,"hint":`...), r.Hint)
	}
	return append(b, "}}}"...)
}

// ID is the id of a message, which must be valid JSON: the text of a string or
// a number. It is nil where there is none, or none that JSON-RPC knows.
func ID(message []byte) []byte {
	id := valueOf(message, "id")
	if kind := kindOf(id); kind != '"' && kind != '-' && (kind < '0' || kind > '9') {
		return nil
	}
	return id
}

// kindOf is jsontext.Kind, 0 where there is no text.
func kindOf(text []byte) byte {
	if len(text) == 0 {
		return 0
	}
	return jsontext.Kind(text)
}

// valueOf is the value of an object's member, the last of that name, nil where
// there is none.
func valueOf(object []byte, name string) (value []byte) {
	if kindOf(object) != '{' {
		return nil
	}
	for quoted, v := range jsontext.Members(object) {
		if string(quoted) == `"`+name+`"` {
			value = v
		}
	}
	return value
}

// notHandled begins what the SDK says of a method that it does not know.
const notHandled = "JSON RPC not handled: "

// refused turns the plain text in which the SDK refuses some messages, before it
// looks at what they ask for, into an answer of the protocol. What asks for a
// method that nobody knows is whole otherwise, so that it has an answer like any
// other; where it has no id it is a notification, which is ignored.
func refused(message []byte, code int, text string) Answer {
	if !strings.HasPrefix(text, notHandled) {
		return Answer{Code: code, Refusal: &Refusal{Code: CodeInvalid, Message: text}}
	}
	if valueOf(message, "id") == nil {
		return Answer{Code: http.StatusAccepted}
	}
	said := "method not found"
	if quoted := valueOf(message, "method"); kindOf(quoted) == '"' {
		method, _ := jsontext.Unquote(quoted)
		said += ": " + strings.ToValidUTF8(method[:min(len(method), 64)], "")
	}
	return Answer{Code: http.StatusOK, Refusal: &Refusal{Code: CodeMethod, Message: said}}
}

// plain says that an answer is the SDK's plain text.
func plain(code int, body []byte) (text string, ok bool) {
	body = bytes.TrimSpace(body)
	if code < http.StatusBadRequest || kindOf(body) == '{' {
		return "", false
	}
	return strings.ToValidUTF8(string(body[:min(len(body), 200)]), ""), true
}
