package runtime

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// The list of the data set is that of its requirements file.
func TestDataSetIsThatOfTheFile(t *testing.T) {
	text, err := os.ReadFile("../cmd/packages/data.txt")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, m := range regexp.MustCompile(`(?m)^([a-z0-9-]+==\S+)`).FindAllStringSubmatch(string(text), -1) {
		want = append(want, m[1])
	}
	if len(want) < 40 || !slices.Equal(dataSet, want) {
		t.Errorf("in the list %q\nin the file %q", dataSet, want)
	}
}

// A module is found under the name of what has it.
func TestDistributionOf(t *testing.T) {
	for module, want := range map[string]string{
		"pandas": "pandas", "sklearn": "scikit-learn", "PIL": "pillow", "yaml": "pyyaml", "bs4": "beautifulsoup4",
		"dateutil": "python-dateutil", "docx": "python-docx", "mpl_toolkits": "matplotlib", "pylab": "matplotlib",
		"fontTools": "fonttools", "et_xmlfile": "et-xmlfile", "typing_extensions": "typing-extensions",
		"cv2": "opencv-python-headless", "nothing": "nothing",
	} {
		if got := distributionOf(module); got != want {
			t.Errorf("%s: %s, want %s", module, got, want)
		}
	}
}

// Whoever follows the hint meets no next error: the data set has all that is asked for.
func TestInDataSet(t *testing.T) {
	for text, want := range map[string]bool{
		"pandas": true, "pandas>=2": true, "Python_Dateutil": true, "scikit-learn!=1.0": true,
		"pandas<2": false, "pandas[performance]": false, "sklearn": false, "rich": false,
		"requires-python >=3.12": false,
	} {
		if got := inDataSet(text); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
	for distribution, want := range map[string]string{
		"sklearn": "Perhaps scikit-learn is meant, the package that has the module sklearn. ",
		"pil":     "Perhaps pillow is meant, the package that has the module PIL. ", "pillow": "", "rich": "",
	} {
		if got := misnamed(distribution); got != want {
			t.Errorf("%s: %q", distribution, got)
		}
	}
}
