package e2e

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The two lines that a server which knows nothing of its deployment tells.
const (
	localLine = "PYTHON_PACKAGES=cmd/packages/data.txt go run ./cmd/server"
	cloudLine = "sed -i.bak 's|^ARG PACKAGES=.*|ARG PACKAGES=cmd/packages/data.txt|' Dockerfile && gcloud run deploy " +
		"pyexec --source ."
)

// A server that was started without packages says how to start it with those that a
// script lacks, if they are in the data set.
func TestHintsOfTheDataSet(t *testing.T) {
	server := live(t)
	for module, distribution := range map[string]string{
		"numpy": "numpy", "pandas as pd": "pandas", "matplotlib.pyplot as plt": "matplotlib", "scipy.stats": "scipy",
		"sklearn.linear_model": "scikit-learn", "PIL.Image": "pillow", "yaml": "pyyaml", "bs4": "beautifulsoup4",
		"dateutil.parser": "python-dateutil", "mpl_toolkits.mplot3d": "matplotlib", "statsmodels.api": "statsmodels",
		"docx": "python-docx", "seaborn": "seaborn", "sympy": "sympy", "lxml.etree": "lxml", "pyarrow": "pyarrow",
		"plotly": "", "torch": "", "cv2": "",
	} {
		_, reply := execute(t, server.http.URL, "def main():\n    import "+module)
		hint, _ := reply["hint"].(string)
		want := "The package " + distribution + " is in the data set, which this server was started without. The " +
			"operator starts it with: " + localLine + ". On Cloud Run: " + cloudLine
		if distribution != "" && hint != want || distribution == "" && (strings.Contains(hint, "data set") ||
			!strings.Contains(hint, "PYTHON_PACKAGES")) {
			t.Errorf("%s: %q, want %q", module, hint, want)
		}
	}
	_, reply := execute(t, server.http.URL,
		"# /// script\n# dependencies = ['Scikit_Learn>=1']\n# ///\ndef main(): pass")
	if hint, _ := reply["hint"].(string); reply["status"] != "environment_missing" ||
		!strings.HasPrefix(hint, "The package scikit-learn is in the data set") || !strings.Contains(hint, localLine) {
		t.Errorf("a header: %v", reply)
	}
	// Started so, the server would refuse these, too.
	for header, want := range map[string]string{
		"dependencies = ['pandas<2']":                             "Ask for less",
		"dependencies = ['pandas', 'torch']":                      "Ask for less",
		"dependencies = ['pandas']\n# requires-python = '>=3.99'": "Ask for less",
		"dependencies = ['sklearn']":                              "Perhaps scikit-learn is meant",
	} {
		_, reply := execute(t, server.http.URL, "# /// script\n# "+header+"\n# ///\ndef main(): pass")
		if hint, _ := reply["hint"].(string); !strings.HasPrefix(hint, want) {
			t.Errorf("%s: %v", header, reply)
		}
	}
}

// The hint comes through every door; of an event, the reply is in the log here.
func TestHintsOfTheDataSetEverywhere(t *testing.T) {
	server := startLive(t, "EVENTS=on", "LOG_PAYLOADS=true")
	text := string(encoded(t, map[string]any{"script": "import pandas\ndef main(): pass"}))
	for door, got := range map[string]string{
		"/execute": server.postAs(t, "/execute", "application/json", "", text),
		"stream":   server.postAs(t, "/execute", "application/json", "text/event-stream", text),
		"/mcp": func() string {
			_, called := callTool(t, connectTool(t, server.http.URL+"/mcp"), text)
			return called.body
		}(),
	} {
		if !strings.Contains(got, localLine) || !strings.Contains(got, cloudLine) {
			t.Errorf("%s: %s", door, got)
		}
	}
	message := encoded(t, map[string]any{"subscription": "s", "message": map[string]string{"messageId": "hinted",
		"data": base64.StdEncoding.EncodeToString([]byte(text))}})
	got := server.postAs(t, "/events", "application/json", "", string(message))
	server.close(t) // the entry is written after the reply
	for line := range strings.Lines(server.log.String()) {
		if strings.Contains(line, "hinted") && strings.Contains(line, localLine) {
			return
		}
	}
	t.Errorf("/events: %s\n%s", got, server.log.String())
}

// The lines are those of the README and of docs/deploy.md.
func TestLinesOfTheDataSetAreDocumented(t *testing.T) {
	for name, line := range map[string]string{"README.md": localLine, "docs/deploy.md": cloudLine} {
		text, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil {
			t.Fatal(err)
		}
		whole := strings.Join(strings.Fields(strings.ReplaceAll(string(text), "\\\n", " ")), " ")
		if !strings.Contains(whole, line) {
			t.Errorf("%s does not say: %s", name, line)
		}
	}
}
