package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// request is the body of POST /execute.
type request struct {
	Script      string          `json:"script"`
	Input       json.RawMessage `json:"input,omitempty"`
	Stdin       string          `json:"stdin,omitempty"`
	Timeout     float64         `json:"timeout,omitempty"`
	Files       map[string]any  `json:"files,omitempty"`
	ReturnFiles bool            `json:"return_files,omitempty"`
	// Entry is null for a program.
	Entry   json.RawMessage   `json:"entry,omitempty"`
	Spread  bool              `json:"spread,omitempty"`
	Convert bool              `json:"convert,omitempty"`
	Env     map[string]string `json:"env,omitempty"`
	Args    []string          `json:"args,omitempty"`
	// Environment is empty where the script, or the service, chooses.
	Environment string `json:"environment,omitempty"`
	Isolation   string `json:"isolation,omitempty"`
	// Report is always asked for: it has what the run cost.
	Report bool `json:"report"`
}

// newRequest reads the files that the command line names.
func newRequest(o *options, stdin io.Reader) ([]byte, error) {
	req := request{Report: true, Timeout: o.timeout.Seconds(), ReturnFiles: o.out != "",
		Spread: o.spread, Convert: o.convert, Env: o.env, Args: o.args, Environment: o.environment,
		Isolation: o.isolation}
	if o.linesFlag != "" {
		req.Report = o.report // it would be in each line
	}
	if err := req.setEntry(o); err != nil {
		return nil, err
	}
	var err error
	if req.Script, err = readText("script", o.script, stdin); err != nil {
		return nil, err
	}
	if o.hasIn {
		if req.Input, err = inputJSON(o.input); err != nil {
			return nil, err
		}
	}
	if o.stdin != "" {
		if req.Stdin, err = readText("--stdin", o.stdin, stdin); err != nil {
			return nil, err
		}
	}
	for _, f := range o.files {
		if req.Files == nil {
			req.Files = map[string]any{}
		}
		if _, twice := req.Files[f.name]; twice {
			return nil, fmt.Errorf("--file: %s: is given twice", f.name)
		}
		data, err := os.ReadFile(f.path)
		if err != nil {
			return nil, fmt.Errorf("--file: %w", err)
		}
		if utf8.Valid(data) {
			req.Files[f.name] = string(data)
		} else {
			req.Files[f.name] = map[string]string{"base64": base64.StdEncoding.EncodeToString(data)}
		}
	}
	return json.Marshal(req)
}

// setEntry says what is called.
func (req *request) setEntry(o *options) (err error) {
	switch {
	case o.program:
		req.Entry = json.RawMessage("null")
	case o.entry != "":
		req.Entry, err = json.Marshal(o.entry)
	}
	return err
}

// readText reads a text file, "-" being standard input.
func readText(what, path string, stdin io.Reader) (string, error) {
	var data []byte
	var err error
	if path == "-" {
		data, err = io.ReadAll(stdin)
	} else {
		data, err = os.ReadFile(path)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", what, err)
	}
	if !utf8.Valid(data) {
		return "", fmt.Errorf("%s: %s: is not UTF-8", what, path)
	}
	return string(data), nil
}

func inputJSON(text string) (json.RawMessage, error) {
	data := []byte(text)
	if path, ok := strings.CutPrefix(text, "@"); ok {
		var err error
		if data, err = os.ReadFile(path); err != nil {
			return nil, fmt.Errorf("--input: %w", err)
		}
	}
	if !json.Valid(data) || !utf8.Valid(data) {
		return nil, errors.New("--input: is no JSON (text needs its quotation marks: '\"text\"')")
	}
	return data, nil
}
