package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
)

// linesType is that of a request, and of a reply, that has a JSON text in each line.
const linesType = "application/x-ndjson"

// executeBatch runs the script for each line of --inputs or --cases. The results are lines of
// standard output, as soon as they are there.
func executeBatch(ctx context.Context, o *options, head []byte, stdin io.Reader, c *console) error {
	in := io.NopCloser(stdin)
	if o.lines != "-" {
		file, err := os.Open(o.lines)
		if err != nil {
			return &failure{exitUsage, fmt.Errorf("--%s: %w", o.linesFlag, err)}
		}
		in = file
	}
	defer in.Close()
	service, err := openEndpoint(ctx, o, c.err)
	if err != nil {
		return err
	}
	defer service.close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	body, to := io.Pipe()
	defer body.Close() // which ends the sender
	go func() {
		err := sendLines(to, head, in, o)
		if err != nil {
			cancel(err)
		}
		_ = to.CloseWithError(err) // always nil
	}()
	res, err := service.post(ctx, body, linesType, linesType, o.header)
	if err != nil {
		return batchError(ctx, err)
	}
	defer res.Body.Close()
	if media, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); media != linesType {
		rep, err := readReply(res, c)
		if err != nil {
			return err
		}
		if err := service.detail(rep); err != nil {
			return err
		}
		return rep.failure(c)
	}
	if err := showLines(res.Body, c); err != nil {
		return batchError(ctx, err)
	}
	return nil
}

// batchError is the error of a batch that broke off: what is wrong with the lines, if they are
// to blame.
func batchError(ctx context.Context, err error) error {
	var own *failure
	if cause := context.Cause(ctx); errors.As(cause, &own) {
		return cause
	}
	if errors.As(err, &own) {
		return err
	}
	return &failure{exitUnavailable, err}
}

// sendLines writes the request, and each line of in as a case of it.
func sendLines(to io.Writer, head []byte, in io.Reader, o *options) error {
	if _, err := to.Write(append(head, '\n')); err != nil {
		return nil // the reply says why nobody reads
	}
	from := bufio.NewReader(in)
	for number := 1; ; number++ {
		line, err := from.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return &failure{exitUsage, fmt.Errorf("--%s: %w", o.linesFlag, err)}
		}
		if number == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		if text := bytes.TrimSpace(line); len(text) > 0 {
			if !json.Valid(text) {
				return &failure{exitUsage, fmt.Errorf("--%s: %s: line %d: is no JSON", o.linesFlag, o.lines, number)}
			}
			if o.linesFlag == "inputs" {
				text = append(append([]byte(`{"input":`), text...), '}')
			}
			if _, writeErr := to.Write(append(text, '\n')); writeErr != nil {
				return nil
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

// batchLine is the part of a line of the reply that decides the exit code.
type batchLine struct {
	Error, Status, Hint string
	Answered            *int
	Summary             *struct{ Count, Failed, Expected, Passed int }
}

// showLines passes the results on. Its error says that not all cases have passed, or that
// the reply is not complete.
func showLines(body io.Reader, c *console) error {
	from := bufio.NewReader(body)
	for {
		line, err := from.ReadBytes('\n')
		if err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return brokenOff(err)
		}
		var told batchLine
		if err := json.Unmarshal(line, &told); err != nil {
			return fmt.Errorf("reply: %w", err)
		}
		switch s := told.Summary; {
		case s == nil && told.Answered == nil:
			if err := write(c.out, "stdout", string(line)); err != nil {
				return err
			}
		case s == nil:
			rep := reply{Error: told.Error, Status: told.Status, Hint: told.Hint}
			return rep.failure(c)
		case s.Failed > 0 && s.Expected == 0:
			return &failure{exitScript, fmt.Errorf("%d of %d cases failed", s.Failed, s.Count)}
		case s.Passed < s.Expected || s.Failed > 0:
			return &failure{exitScript, fmt.Errorf("%d of %d cases failed, %d of %d passed",
				s.Failed, s.Count, s.Passed, s.Expected)}
		default:
			return nil
		}
	}
}

// post sends a body to the service.
func (s *endpoint) post(
	ctx context.Context, body io.Reader, contentType, accept string, header http.Header,
) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, body)
	if err != nil {
		return nil, err
	}
	req.Header = header.Clone()
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Accept", accept)
	res, err := s.client.Do(req)
	if err != nil {
		return nil, &failure{exitUnavailable, err}
	}
	return res, nil
}

// detail returns why a service in this process can't run anything, which its reply does not
// say.
func (s *endpoint) detail(rep *reply) error {
	if s.failed != nil && rep.Status == "unavailable" {
		if err := s.failed(); err != nil {
			return &failure{exitOther, err}
		}
	}
	return nil
}
