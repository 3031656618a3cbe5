package web

import "encoding/base64"

// endpointList is what the service serves. The commands for each follow from
// its method and body.
var endpointList = []Endpoint{
	{Method: "POST", Path: "/execute", Summary: "Runs a script."},
	{Method: "POST", Path: "/events", body: pushBody,
		Summary: "Runs the script in a message of Pub/Sub: a push, a CloudEvent or the bare request. 2xx " +
			"acknowledges it; see openapi.json."},
	{Method: "POST", Path: mcpPath, body: toolBody,
		Summary: "The tool run_python for language models: the Model Context Protocol over streamable HTTP, " +
			"without sessions."},
	{Method: "GET", Path: "/health",
		Summary: `200 {"status":"healthy"} exactly when a run would succeed now, otherwise 503 with "error".`},
	{Method: "GET", Path: "/capabilities",
		Summary: "Python version, packages, limits and isolation layers in force."},
	{Method: "GET", Path: "/openapi.json", Summary: "OpenAPI 3.1 of all of this."},
	{Method: "GET", Path: "/", Summary: "This documentation: HTML for a browser, JSON for everything else."},
}

// mcpPath is listed where it is served.
const mcpPath = "/mcp"

// toolBody is a call of the tool, as a client of the protocol sends it.
const toolBody = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"run_python",` +
	`"arguments":{"script":"def main(): return 6 * 7"}}}`

// pushBody is a message as a push subscription sends it.
var pushBody = `{"message":{"messageId":"1","data":"` +
	base64.StdEncoding.EncodeToString([]byte(`{"script":"def main():\n    return 6 * 7"}`)) +
	`"},"subscription":"projects/p/subscriptions/jobs-push"}`

// endpoints returns the list with commands for the service at base.
func endpoints(base string, mcp bool) []Endpoint {
	out := make([]Endpoint, 0, len(endpointList))
	for _, e := range endpointList {
		switch {
		case e.Path == mcpPath && !mcp:
			continue
		case e.Path == "/execute":
			e.Commands = commands(base, Examples()[0])
		case e.Method == "POST":
			e.Commands = postCommands(base+e.Path, e.body)
		default:
			e.Commands = getCommands(base + e.Path)
		}
		out = append(out, e)
	}
	return out
}

// getCommands asks for a document.
func getCommands(url string) Commands {
	return Commands{
		Curl:       "curl -sS '" + url + "'",
		PowerShell: "Invoke-RestMethod -Uri '" + url + "' | ConvertTo-Json -Depth 20",
		Python: "import urllib.request\n\nprint(urllib.request.urlopen(" + jsonString(url) +
			").read().decode())",
		JavaScript: "const reply = await fetch(" + jsonString(url) +
			", { headers: { Accept: \"application/json\" } });\nconsole.log(await reply.text());",
		Go: "package main\n\nimport (\n\t\"io\"\n\t\"log\"\n\t\"net/http\"\n\t\"os\"\n)\n\nfunc main() {\n" +
			"\treply, err := http.Get(" + jsonString(url) + ")\n" + goEnd,
	}
}

// postCommands sends a body of JSON that is the same in all five languages:
// it has no quotation mark but the double one.
func postCommands(url, body string) Commands {
	return Commands{
		Curl: "curl -sS '" + url + "' \\\n  -H 'Content-Type: application/json' \\\n  -d '" + body + "'",
		PowerShell: "Invoke-RestMethod -Method Post -Uri '" + url +
			"' -ContentType 'application/json' `\n  -Body '" + body +
			"' | ConvertTo-Json -Depth 20",
		Python: "import urllib.request\n\nrequest = urllib.request.Request(\n    " + jsonString(url) +
			",\n    b'" + body + "',\n    {\"Content-Type\": \"application/json\"},\n)\n" +
			"print(urllib.request.urlopen(request).read().decode())",
		JavaScript: "const reply = await fetch(" + jsonString(url) + ", {\n  method: \"POST\",\n" +
			"  headers: { \"Content-Type\": \"application/json\" },\n  body: '" + body +
			"',\n});\nconsole.log(await reply.text());",
		Go: "package main\n\n" +
			"import (\n\t\"io\"\n\t\"log\"\n\t\"net/http\"\n\t\"os\"\n\t\"strings\"\n)\n\nconst body = `" + body +
			"`\n\nfunc main() {\n" +
			"\treply, err := http.Post(" + jsonString(url) +
			", \"application/json\", strings.NewReader(body))\n" + goEnd,
	}
}
