package funcs

import (
	"encoding/json"

	"github.com/pyexec/pyexec/funcs/jsontext"
	"github.com/pyexec/pyexec/funcs/mcp"
	"github.com/pyexec/pyexec/runtime"
)

// rpcMessage is the message of JSON-RPC that a request to /mcp is, as far as it is
// known. Clients of the protocol understand nothing but its own answers, so that
// a refusal is one, too, with the HTTP status that it has everywhere.
type rpcMessage struct {
	asked bool   // the request is to /mcp
	id    []byte // JSON text, nil where there is none
	code  int64  // of the refusal, 0 for that of its outcome
}

// check takes one message of JSON-RPC. Several at once were given up by the
// protocol itself in 2025; they would be many runs for one place in the queue.
func (m *rpcMessage) check(body []byte, limits *runtime.Limits) error {
	if !json.Valid(body) {
		m.code = mcp.CodeParse
		return invalidJSON(body, limits)
	}
	if jsontext.Kind(body) != '{' {
		return refuse(invalidRequest,
			"request body must be one JSON-RPC message, an object: batches are not accepted")
	}
	m.id = mcp.ID(body)
	return nil
}

// refusal is the answer to a message that ended like this.
func (m *rpcMessage) refusal(executionID string, o *outcome, sentence, hint string) content {
	r := mcp.Refusal{
		Code: m.code, Message: sentence, Status: string(o.word), ExecutionID: executionID, Hint: hint,
	}
	switch {
	case r.Code != 0:
	case o.retry:
		r.Code = mcp.CodeRetry
	case o.of == internalError:
		r.Code = mcp.CodeInternal
	default:
		r.Code = mcp.CodeInvalid
	}
	return textContent(r.Append(nil, m.id))
}
