package mcp

import (
	"encoding/json"
	"fmt"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// figures is the member of a reply that becomes images.
const figures = "figures"

// newResult turns the reply of POST /execute into the result of a tool: the
// reply itself as structured content and, for clients that know only text, as
// text; figures as images.
func newResult(rep Reply) (*sdk.CallToolResult, error) {
	body, images, err := splitFigures(rep.Body)
	if err != nil {
		return nil, fmt.Errorf("reply: %w", err)
	}
	result := &sdk.CallToolResult{
		Content:           append([]sdk.Content{&sdk.TextContent{Text: string(body)}}, images...),
		StructuredContent: json.RawMessage(body),
		IsError:           !rep.Success,
	}
	if rep.ExecutionID != "" {
		result.Meta = sdk.Meta{"pyexec/execution_id": rep.ExecutionID}
	}
	return result, nil
}

// splitFigures takes the figures out of a reply. A reply without any is
// returned as it is; what is left of another keeps its order and its bytes.
func splitFigures(reply []byte) (rest []byte, images []sdk.Content, err error) {
	members, err := membersOf(reply)
	if err != nil {
		return nil, nil, err
	}
	kept := members[:0:0]
	for _, m := range members {
		if m.name != figures {
			kept = append(kept, m)
			continue
		}
		var list []struct {
			Type   string `json:"type"`
			Base64 []byte `json:"base64"`
		}
		if err := json.Unmarshal(m.value, &list); err != nil {
			return nil, nil, err
		}
		for _, f := range list {
			images = append(images, &sdk.ImageContent{MIMEType: f.Type, Data: f.Base64})
		}
	}
	if len(kept) == len(members) {
		return reply, nil, nil
	}
	return joinMembers(kept), images, nil
}
