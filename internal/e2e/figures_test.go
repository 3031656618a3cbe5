package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"image/color"
	"image/png"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// plots leaves two figures open: a red line and a blue one.
const plots = `import matplotlib.pyplot as plt
def main():
    for colour in ("red", "blue"):
        plt.figure()
        plt.plot([1, 4, 9, 16], color=colour, linewidth=12)
        plt.title(f"in {colour}")
    print("plotted")
    return 2`

// wantLine checks that a picture is a plot with a line in that colour.
func wantLine(t *testing.T, picture []byte, line color.RGBA) {
	t.Helper()
	decoded, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Errorf("no PNG: %v", err)
		return
	}
	size, painted := decoded.Bounds().Size(), 0
	for y := range size.Y {
		for x := range size.X {
			if color.RGBAModel.Convert(decoded.At(x, y)) == line {
				painted++
			}
		}
	}
	if size.X < 300 || size.Y < 200 || painted < 1000 || painted > size.X*size.Y/2 {
		t.Errorf("%d pixels of %v in a picture of %v", painted, line, size)
	}
}

var lines = []color.RGBA{{R: 255, A: 255}, {B: 255, A: 255}}

// Figures that are still open come back as pictures without being asked for.
func TestDataFigures(t *testing.T) {
	code, reply := execute(t, dataServer(t), plots)
	figures, _ := reply["figures"].([]any)
	if code != 200 || reply["result"] != 2.0 || len(figures) != len(lines) {
		t.Fatalf("%d %.500v", code, reply)
	}
	for i, f := range figures {
		figure, _ := f.(map[string]any)
		text, _ := figure["base64"].(string)
		picture, err := base64.StdEncoding.DecodeString(text)
		if err != nil || figure["type"] != "image/png" {
			t.Errorf("figure %d: %v, %v", i, figure["type"], err)
		}
		wantLine(t, picture, lines[i])
	}
}

// The same through the Model Context Protocol: a model sees them as images, and
// its text is not filled with their base64.
func TestDataFiguresOfTheTool(t *testing.T) {
	session := connectTool(t, dataServer(t)+"/mcp")
	arguments, err := json.Marshal(map[string]string{"script": plots})
	if err != nil {
		t.Fatal(err)
	}
	res, r := callTool(t, session, string(arguments))
	if want := `{"result":2,"stdout":"plotted\n"}`; res.IsError || r.body != want || len(res.Content) != 1+len(lines) {
		t.Fatalf("isError %v, %d contents: %.500s", res.IsError, len(res.Content), r.body)
	}
	for i, content := range res.Content[1:] {
		image, ok := content.(*sdk.ImageContent)
		if !ok || image.MIMEType != "image/png" {
			t.Fatalf("content %d is %T %+v", i+1, content, image)
		}
		wantLine(t, image.Data, lines[i])
	}
}
