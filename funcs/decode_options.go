package funcs

import (
	"encoding/json"

	"github.com/pyexec/pyexec/funcs/jsontext"
	"github.com/pyexec/pyexec/runtime"
)

// A request that asks for no options costs nothing here: its setters are not called,
// and checkOptions has nothing to look at.

func setConvert(p *params, value []byte, _ *runtime.Limits) error {
	return setFlag(&p.job.Options.Convert, "convert", value)
}

func setSpread(p *params, value []byte, _ *runtime.Limits) error {
	return setFlag(&p.job.Options.Spread, "spread", value)
}

func setEntry(p *params, value []byte, _ *runtime.Limits) error {
	if string(value) == "null" {
		p.job.Options.Program = true
		return nil
	}
	name, err := text("entry", value)
	if err != nil || name == "" {
		return refuse(invalidRequest, "entry must be the name of a function, or null to run the script as a program")
	}
	p.job.Options.Entry = name
	return nil
}

// setEnvironment takes the name of an environment, whichever there are.
func setEnvironment(p *params, value []byte, _ *runtime.Limits) error {
	name, err := text("environment", value)
	if err != nil || name == "" {
		return refuse(invalidRequest, "environment must be the name of one: GET /capabilities lists them")
	}
	p.job.Environment = name
	return nil
}

// nameOfQuery returns the JSON text for what stands in a query, where a name needs
// no quotes.
func nameOfQuery(value []byte) []byte {
	if string(value) == "null" || len(value) > 0 && value[0] == '"' && json.Valid(value) {
		return value
	}
	quoted, _ := json.Marshal(string(value)) // a string always works
	return quoted
}

func setEnv(p *params, value []byte, _ *runtime.Limits) error {
	if value[0] != '{' {
		return refuse(invalidRequest, "env must be an object of names and texts")
	}
	env := map[string]string{}
	for quoted, quotedText := range jsontext.Members(value) {
		name, ok := jsontext.Unquote(quoted)
		if !ok {
			return refuse(invalidRequest, "env: %q: name must be Unicode text", clip(name))
		}
		if _, twice := env[name]; twice {
			return refuse(invalidRequest, "env: %q must be given once", clip(name))
		}
		if len(env) == runtime.EnvCount {
			return refuse(invalidRequest, "env must have at most %d variables", runtime.EnvCount)
		}
		text, ok := textOf(quotedText)
		if !ok {
			return refuse(invalidRequest, "env: %q: must be a string of Unicode text", clip(name))
		}
		env[name] = text
	}
	p.job.Options.Env = env
	return nil
}

func setArgs(p *params, value []byte, _ *runtime.Limits) error {
	if value[0] != '[' {
		return refuse(invalidRequest, "args must be an array of strings")
	}
	var args []string
	for item := range jsontext.Items(value) {
		if len(args) == runtime.ArgsCount {
			return refuse(invalidRequest, "args must be at most %d", runtime.ArgsCount)
		}
		arg, ok := textOf(item)
		if !ok {
			return refuse(invalidRequest, "args: item %d must be a string of Unicode text", len(args))
		}
		args = append(args, arg)
	}
	p.job.Options.Args = args
	return nil
}

// checkOptions refuses options that don't fit the rest of the request, or each other.
func (p *params) checkOptions() error {
	if err := runtime.CheckOptions(&p.job.Options, p.job.Input); err != nil {
		return refuse(invalidRequest, "%s", err)
	}
	return nil
}

// textOf is the text that a JSON value is, if it is a string of Unicode.
func textOf(value []byte) (text string, ok bool) {
	if value[0] != '"' {
		return "", false
	}
	return jsontext.Unquote(value)
}
