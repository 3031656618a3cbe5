package web

import (
	"encoding/json"
	"strings"
)

// Commands are the same request in five forms, each to paste as it is.
type Commands struct {
	Curl       string `json:"curl"`
	PowerShell string `json:"powershell"`
	Python     string `json:"python"`
	JavaScript string `json:"javascript"`
	Go         string `json:"go"`
}

// Forms returns the commands with their names, in the order to show them in.
func (c Commands) Forms() []Form {
	return []Form{{"curl", c.Curl}, {"PowerShell", c.PowerShell}, {"Python", c.Python},
		{"JavaScript", c.JavaScript}, {"Go", c.Go}}
}

// Form is one of Commands.
type Form struct{ Name, Text string }

// commands writes an example as something to paste.
//
// The script is in a quotation that needs no escapes, so that it reads as
// Python does; where the script contains the end of that quotation, it falls
// back to a string with escapes.
func commands(base string, e Example) Commands {
	return Commands{curl(base, e), powerShell(base, e), python(base, e), javaScript(base, e), golang(base, e)}
}

// curl is for a POSIX shell.
func curl(base string, e Example) string {
	return "curl -sS '" + base + "/execute' \\\n" +
		"  -H 'Content-Type: application/json' --data-binary @- <<'JSON'\n" +
		string(e.Request) + "\nJSON"
}

// powerShell is for Windows PowerShell 5.1 and PowerShell 7. The body is sent
// as bytes because 5.1 would encode text as Latin-1.
func powerShell(base string, e Example) string {
	var b strings.Builder
	b.WriteString("$script = @'\n" + e.Script + "\n'@\n")
	b.WriteString("$body = @{ script = $script")
	for _, f := range e.fields {
		b.WriteString("; " + f.name + " = ('" + strings.ReplaceAll(f.value, "'", "''") + "' | ConvertFrom-Json)")
	}
	b.WriteString(" } | ConvertTo-Json -Depth 20\n")
	b.WriteString("Invoke-RestMethod -Method Post -Uri '" + base + "/execute' `\n" +
		"  -ContentType 'application/json; charset=utf-8' `\n" +
		"  -Body ([Text.Encoding]::UTF8.GetBytes($body)) | ConvertTo-Json -Depth 20")
	return b.String()
}

// pythonWords are the JSON texts that Python spells in its own way.
var pythonWords = map[string]string{"true": "True", "false": "False", "null": "None"}

// python needs the standard library only.
func python(base string, e Example) string {
	var b strings.Builder
	b.WriteString("import json, urllib.error, urllib.request\n\nscript = ")
	if strings.Contains(e.Script, `"""`) || strings.HasSuffix(e.Script, `"`) || strings.HasSuffix(e.Script, `\`) {
		b.WriteString(jsonString(e.Script))
	} else {
		b.WriteString(`r"""` + e.Script + `"""`)
	}
	b.WriteString("\nbody = {\"script\": script")
	for _, f := range e.fields {
		value := f.value
		if word, ok := pythonWords[value]; ok {
			value = word
		}
		b.WriteString(", " + jsonString(f.name) + ": " + value)
	}
	b.WriteString("}\nrequest = urllib.request.Request(\n    " + jsonString(base+"/execute") +
		",\n    json.dumps(body).encode(),\n    {\"Content-Type\": \"application/json\"},\n)\n" +
		"try:\n    reply = urllib.request.urlopen(request)\n" +
		"except urllib.error.HTTPError as refusal:\n    reply = refusal\nprint(reply.read().decode())")
	return b.String()
}

// javaScript is for a module, Node or a browser's console.
func javaScript(base string, e Example) string {
	var b strings.Builder
	b.WriteString("const script = ")
	if strings.ContainsAny(e.Script, "`\\") || strings.Contains(e.Script, "${") {
		b.WriteString(jsonString(e.Script))
	} else {
		b.WriteString("`" + e.Script + "`")
	}
	b.WriteString(";\nconst reply = await fetch(" + jsonString(base+"/execute") + ", {\n  method: \"POST\",\n" +
		"  headers: { \"Content-Type\": \"application/json\" },\n  body: JSON.stringify({ script")
	for _, f := range e.fields {
		b.WriteString(", " + f.name + ": " + f.value)
	}
	b.WriteString(" }),\n});\nconsole.log(await reply.text());")
	return b.String()
}

// golang is a whole program.
func golang(base string, e Example) string {
	var b strings.Builder
	b.WriteString("package main\n\n" +
		"import (\n\t\"bytes\"\n\t\"encoding/json\"\n\t\"io\"\n\t\"log\"\n\t\"net/http\"\n\t\"os\"\n)\n\n" +
		"const script = ")
	if strings.ContainsAny(e.Script, "`\r") {
		b.WriteString(jsonString(e.Script))
	} else {
		b.WriteString("`" + e.Script + "`")
	}
	width := len("script") // gofmt puts the values below each other
	for _, f := range e.fields {
		width = max(width, len(f.name))
	}
	member := func(name, value string) {
		b.WriteString("\t\t" + jsonString(name) + ": " + strings.Repeat(" ", width-len(name)) + value + ",\n")
	}
	b.WriteString("\n\nfunc main() {\n\tbody, err := json.Marshal(map[string]any{\n")
	member("script", "script")
	for _, f := range e.fields {
		value := "`" + f.value + "`"
		if strings.Contains(f.value, "`") {
			value = jsonString(f.value)
		}
		member(f.name, "json.RawMessage("+value+")")
	}
	b.WriteString("\t})\n\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n" +
		"\treply, err := http.Post(" + jsonString(base+"/execute") +
		", \"application/json\", bytes.NewReader(body))\n" +
		goEnd)
	return b.String()
}

const goEnd = "\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n\tdefer reply.Body.Close()\n" +
	"\tif _, err := io.Copy(os.Stdout, reply.Body); err != nil {\n\t\tlog.Fatal(err)\n\t}\n}"

func jsonString(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic(err) // a string can be encoded
	}
	return strings.TrimSuffix(b.String(), "\n")
}
