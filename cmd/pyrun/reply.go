package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
)

// reply is the body of a reply of POST /execute.
type reply struct {
	Result                  json.RawMessage
	Stdout, Stderr          string
	Error, Status           string
	Traceback, Denied, Hint string
	Report                  json.RawMessage
	Figures                 []struct {
		Type   string
		Base64 []byte
	}
	Files        map[string]fileData
	FilesOmitted []struct{ Name, Why string } `json:"files_omitted"`
	Displays     []map[string]string
	Display      map[string]string
}

// fileData is text, or {"base64": …}.
type fileData []byte

func (d *fileData) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		var text string
		err := json.Unmarshal(b, &text)
		*d = fileData(text)
		return err
	}
	var binary struct{ Base64 []byte }
	err := json.Unmarshal(b, &binary)
	*d = binary.Base64
	return err
}

// maxReply bounds how many bytes of a reply are read: more than any service may
// send.
const maxReply = 1 << 30

// readReply reads a reply of either kind: a JSON object, or a stream of events
// whose last one is that object.
func readReply(res *http.Response, c *console) (*reply, error) {
	media, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")) // a type that can't be parsed is neither
	body := bufio.NewReader(io.LimitReader(res.Body, maxReply))
	if media == "text/event-stream" {
		return readStream(body, c)
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return nil, brokenOff(err)
	}
	rep, err := parseReply(data)
	if media != "application/json" || err != nil {
		return nil, noReply(res, data)
	}
	return rep, nil
}

// noReply is the error for a reply that is not the service's: a proxy's, for
// example.
func noReply(res *http.Response, body []byte) error {
	if to, err := res.Location(); err == nil && res.StatusCode/100 == 3 {
		return &failure{exitOther, fmt.Errorf("%s: %s: is redirected: use --url %s", res.Request.URL, res.Status, to)}
	}
	code := exitOther
	text := fmt.Sprintf("%s: %s: %.200q: %v", res.Request.URL, res.Status, bytes.TrimSpace(body), errNoReply)
	switch res.StatusCode {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout:
		code = exitUnavailable
	case http.StatusUnauthorized, http.StatusForbidden:
		text += "; a private service wants --header 'Authorization: Bearer TOKEN'"
	}
	return &failure{code, errors.New(text)}
}

func parseReply(data []byte) (*reply, error) {
	rep := &reply{}
	if err := json.Unmarshal(data, rep); err != nil {
		return nil, err
	}
	if (rep.Result == nil) == (rep.Error == "") {
		return nil, errNoReply
	}
	return rep, nil
}

// brokenOff is the error of a reply that ends too early. Whether the script has
// run is not known; that does no harm, it can't have changed anything.
func brokenOff(err error) error {
	return &failure{exitUnavailable, fmt.Errorf("reply: %w", err)}
}

// readStream shows output as it comes and returns the reply at the end.
func readStream(body *bufio.Reader, c *console) (*reply, error) {
	for {
		e, err := readEvent(body)
		if err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, brokenOff(err)
		}
		switch e.name {
		case "stdout", "stderr":
			var piece struct {
				Text    string
				Omitted int64 `json:"omitted_bytes"`
			}
			if err := json.Unmarshal(e.data, &piece); err != nil {
				return nil, fmt.Errorf("reply: event %s: %w", e.name, err)
			}
			if err := c.showLive(e.name, piece.Text, piece.Omitted > 0); err != nil {
				return nil, err
			}
		case "result", "error":
			rep, err := parseReply(e.data)
			if err != nil {
				return nil, fmt.Errorf("reply: event %s: %w", e.name, err)
			}
			return rep, nil
		}
	}
}

// event is one event of a stream as EventSource would have it.
type event struct {
	name string
	data []byte
}

// readEvent reads up to the blank line that ends an event. Comments, fields of
// no interest and blocks without data are skipped.
func readEvent(r *bufio.Reader) (event, error) {
	var e event
	for {
		line, err := r.ReadBytes('\n')
		if err != nil {
			return event{}, err // an event without its blank line is none
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			if e.data != nil {
				return e, nil
			}
			e = event{}
			continue
		}
		name, value, _ := bytes.Cut(line, []byte{':'})
		value = bytes.TrimPrefix(value, []byte{' '})
		switch string(name) {
		case "event":
			e.name = string(value)
		case "data":
			if e.data != nil {
				e.data = append(e.data, '\n')
			}
			e.data = append(e.data, value...)
		}
	}
}
