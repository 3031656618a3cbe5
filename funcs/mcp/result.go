package mcp

import (
	"bytes"
	"encoding/json"
	"fmt"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// The members of a reply that hold images.
const (
	figures  = "figures"  // a list of {type, base64}
	display  = "display"  // forms of what was displayed last by media type, images in base64
	displays = "displays" // a list of the same, of what was displayed before
)

// newResult turns the reply of POST /execute into the result of a tool: the
// reply itself as structured content and, for clients that know only text, as
// text; its images as images.
func newResult(rep Reply) (*sdk.CallToolResult, error) {
	body, images, err := splitImages(rep.Body)
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

// splitImages takes the images out of a reply. A reply without any is returned
// as it is; what is left of another keeps its order and its bytes.
func splitImages(reply []byte) (rest []byte, images []sdk.Content, err error) {
	members, err := membersOf(reply)
	if err != nil {
		return nil, nil, err
	}
	kept, changed := members[:0:0], false
	for _, m := range members {
		var found []sdk.Content
		switch m.name {
		case figures:
			found, err = figureImages(m.value)
			m.value = nil
		case display:
			found, m.value, err = displayImages(m.value)
		case displays:
			found, m.value, err = displaysImages(m.value)
		default:
			kept = append(kept, m)
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", m.name, err)
		}
		images = append(images, found...)
		changed = true
		if m.value != nil {
			kept = append(kept, m)
		}
	}
	if !changed {
		return reply, nil, nil
	}
	return joinMembers(kept), images, nil
}

func figureImages(value json.RawMessage) ([]sdk.Content, error) {
	var list []struct {
		Type   string `json:"type"`
		Base64 []byte `json:"base64"`
	}
	if err := json.Unmarshal(value, &list); err != nil {
		return nil, err
	}
	var images []sdk.Content
	for _, f := range list {
		images = append(images, &sdk.ImageContent{MIMEType: f.Type, Data: f.Base64})
	}
	return images, nil
}

// displaysImages returns the images among the forms of several things, and the
// things that have other forms, nil where none has.
func displaysImages(value json.RawMessage) (images []sdk.Content, rest json.RawMessage, err error) {
	var list []json.RawMessage
	var kept [][]byte
	if err := json.Unmarshal(value, &list); err != nil {
		return nil, nil, err
	}
	for _, forms := range list {
		found, others, err := displayImages(forms)
		if err != nil {
			return nil, nil, err
		}
		images = append(images, found...)
		if others != nil {
			kept = append(kept, others)
		}
	}
	if len(kept) > 0 {
		rest = append(append([]byte("["), bytes.Join(kept, []byte(","))...), ']')
	}
	return images, rest, nil
}

// displayImages returns the images among the forms of one thing, and the other
// forms, nil where there are none.
func displayImages(value json.RawMessage) (images []sdk.Content, rest json.RawMessage, err error) {
	forms, err := membersOf(value)
	if err != nil {
		return nil, nil, err
	}
	kept := forms[:0:0]
	for _, f := range forms {
		if f.name != "image/png" && f.name != "image/jpeg" { // what models take
			kept = append(kept, f)
			continue
		}
		var data []byte
		if err := json.Unmarshal(f.value, &data); err != nil {
			return nil, nil, err
		}
		images = append(images, &sdk.ImageContent{MIMEType: f.name, Data: data})
	}
	if len(kept) > 0 {
		rest = joinMembers(kept)
	}
	return images, rest, nil
}
