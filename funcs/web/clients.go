package web

import (
	"encoding/json"
	"strings"
)

// The functions of this file write an example as something to paste. Each
// takes the script in a quotation that needs no escapes, so that it reads as
// Python does; where the script contains the end of that quotation, it falls
// back to a JSON string, which both Python and JavaScript read.

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
		b.WriteString(", " + jsonString(f.name) + ": " + f.value)
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

func jsonString(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic(err) // a string can be encoded
	}
	return strings.TrimSuffix(b.String(), "\n")
}
