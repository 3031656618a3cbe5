package runtime

import (
	"slices"
	"strings"

	"github.com/pyexec/pyexec/runtime/internal/packages/requirement"
	"github.com/pyexec/pyexec/runtime/internal/packages/script"
	"github.com/pyexec/pyexec/runtime/internal/packages/version"
)

// What to say where a script lacks a package of the data set, cmd/packages/data.txt, and
// no environment has any of it, as after a start without settings.

// dataSet are the distributions in it, as its file pins them.
var dataSet = strings.Fields("beautifulsoup4==4.15.0 cloudpickle==3.1.3 contourpy==1.3.3 cycler==0.12.1 " +
	"et-xmlfile==2.0.0 fonttools==4.68.0 formulaic==1.2.2 html5lib==1.1 interface-meta==2.0.1 " +
	"jinja2==3.1.6 joblib==1.6.0 kiwisolver==1.5.1 lxml==6.1.3 markupsafe==3.0.4 matplotlib==3.11.2 " +
	"mpmath==1.3.0 narwhals==2.29.0 networkx==3.6.1 noto-cjk-sans-jp-regular==0.0.1 numpy==2.4.6 " +
	"openpyxl==3.1.5 packaging==26.3 pandas==3.1.1 patsy==1.0.3 pillow==13.0.0 pyarrow==26.0.1 " +
	"pyparsing==3.3.3 pypdf==7.1.1 python-dateutil==4.0.0 python-docx==1.2.0 pyyaml==6.0.4 " +
	"scikit-learn==1.9.1 scipy==1.17.1 seaborn==0.13.2 six==1.17.0 soupsieve==4.1.3 statsmodels==0.15.0 " +
	"sympy==1.14.0 tabulate==0.10.0 threadpoolctl==3.8.0 tqdm==4.70.1 typing-extensions==4.16.0 " +
	"tzdata==2026.6 webencodings==0.6.1 wrapt==2.5.2 xlrd==2.0.2 xlsxwriter==3.3.1")

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
	if all.cfg.Packages != "" || all.cfg.DataAdvice == "" || !inDataSet(distribution) {
		return ""
	}
	return "The package " + distribution + " is in the data set, which this server was started without. " +
		all.cfg.DataAdvice
}

// inDataSet says whether a requirement, such as a name alone, is met by the data set.
func inDataSet(text string) bool {
	r, err := requirement.Parse(text)
	if err != nil || len(r.Extras) > 0 {
		return false
	}
	return slices.ContainsFunc(dataSet, func(pin string) bool {
		name, at, _ := strings.Cut(pin, "==")
		v, err := version.Parse(at)
		return name == r.Name && err == nil && r.Specifiers.Contains(v)
	})
}

// headerHint is what leads to what a header asks for, and every environment lacks: another
// name for what is a module, or the data set where that has all of it.
func (all *environments) headerHint(failing []script.Failure) string {
	for _, f := range failing {
		if hint := misnamed(f.Distribution); hint != "" {
			return hint
		}
	}
	for _, f := range failing {
		if !inDataSet(f.Requirement) || all.having(f.Distribution) != "" {
			return ""
		}
	}
	if hint := all.dataHint(failing[0].Distribution); hint != "" {
		return hint + " "
	}
	return ""
}

// misnamed is a word about a requirement that is called as a module is, where the
// distribution that has it goes by another name.
func misnamed(distribution string) string {
	for module, called := range distributions {
		if requirement.Normalize(module) == distribution {
			return "Perhaps " + called + " is meant, the package that has the module " + module + ". "
		}
	}
	return ""
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
