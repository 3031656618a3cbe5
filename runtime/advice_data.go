package runtime

import (
	"slices"
	"strings"

	"github.com/pyexec/pyexec/runtime/internal/packages/script"
)

// What to say where a script lacks a package of the data set, cmd/packages/data.txt, and
// no environment has any of it, as after a start without settings.

// dataSet are the distributions in it.
var dataSet = strings.Fields("beautifulsoup4 cloudpickle contourpy cycler et-xmlfile fonttools formulaic html5lib " +
	"interface-meta jinja2 joblib kiwisolver lxml markupsafe matplotlib mpmath narwhals networkx " +
	"noto-cjk-sans-jp-regular numpy openpyxl packaging pandas patsy pillow pyarrow pyparsing pypdf python-dateutil " +
	"python-docx pyyaml scikit-learn scipy seaborn six soupsieve statsmodels sympy tabulate threadpoolctl tqdm " +
	"typing-extensions tzdata webencodings wrapt xlrd xlsxwriter")

// besides are modules that come with a distribution beside the one that it is named by.
var besides = map[string]string{"mpl_toolkits": "matplotlib", "pylab": "matplotlib"}

// distributionOf is what the distribution is usually called that a module is in, in the
// form of dataSet.
func distributionOf(module string) string {
	name := distributions[module]
	if name == "" {
		name = besides[module]
	}
	if name == "" {
		name = module
	}
	return strings.ReplaceAll(strings.ToLower(name), "_", "-")
}

// dataHint is how the operator adds the data set, if a distribution is in it and may be
// added: where the default environment has packages, to have others is not to add to them.
func (all *environments) dataHint(distribution string) string {
	if all.cfg.Packages != "" || all.cfg.DataAdvice == "" || !slices.Contains(dataSet, distribution) {
		return ""
	}
	return "The package " + distribution + " is in the data set, which this server was started without. " +
		all.cfg.DataAdvice
}

// dataHintOf is dataHint for what a header asks for, and every environment lacks: where
// the set has some of it alone, or another version is there, it is of no use.
func (all *environments) dataHintOf(failing []script.Failure) (hint string) {
	for _, f := range failing {
		next := all.dataHint(distributionOf(f.Distribution))
		if next == "" || !f.Missing() {
			return ""
		}
		if hint == "" {
			hint = next + " "
		}
	}
	return hint
}

// beingMadeReady is the first environment whose packages are not known yet; empty if
// all are.
func (all *environments) beingMadeReady() string {
	for _, e := range all.list {
		select {
		case <-e.known:
		default:
			return e.name
		}
	}
	return ""
}
