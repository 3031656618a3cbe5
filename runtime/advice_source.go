package runtime

import (
	"regexp"
	"strconv"
	"strings"
)

// sourceHint is what can be done about a script that is no Python of this series, or
// has no main, by what it looks like; empty where it looks like nothing known.
func (e *environment) sourceHint(result *Result, script string) string {
	series := e.series()
	hint := strings.ReplaceAll(sourceHintFor(result, script, series), "SERIES", series)
	if first := strings.Index(hint, "LATER"); first >= 0 {
		return hint[:first] + e.all.later(hint[first+len("LATER"):])
	}
	return hint
}

// oldest is the one series of those that scripts run on which lacks what the hints
// say it does: type parameters, f-strings with anything in their braces, template strings.
const oldest = "3.11"

// sourceHintFor is sourceHint with SERIES where its name stands, and LATER at the end,
// before a series, where it is to be said who has that one.
func sourceHintFor(result *Result, script, series string) string {
	start := strings.TrimLeft(script[:min(len(script), 4096)], "\ufeff \t\r\n")
	for _, whole := range wholes {
		if whole.start.MatchString(start) && strings.Contains(script, whole.has) {
			return whole.hint
		}
	}
	if result.Status == MainMissing {
		return ""
	}
	if isFenced(script, result.Line) {
		return "Leave out the lines that begin with ``` and what is outside of them: a script is Python alone, " +
			"without Markdown."
	}
	line := lineOf(script, result.Line)
	for _, look := range looks {
		if look.line.MatchString(line) && (series == oldest || look.hint != later && look.hint != template) {
			return look.hint
		}
	}
	if found := character.FindStringSubmatch(result.Error); found != nil {
		return characterHint(found[1])
	}
	for _, message := range messages {
		if message.says.MatchString(result.Error) && (message.hint != inBraces || series == oldest) {
			return message.hint
		}
	}
	return ""
}

// wholes are scripts that are something else as a whole.
var wholes = []struct {
	start *regexp.Regexp
	has   string
	hint  string
}{
	{regexp.MustCompile(`^\{`), `"nbformat"`,
		"This is the file of a notebook: send the code of its cells, in which main() is defined."},
	{regexp.MustCompile(`^\{\s*"[a-z_]+"\s*:`), `"script"`,
		"This is a whole request: it was made JSON twice. Send it as it is, with the text of the script in script."},
	{regexp.MustCompile(`(?i)^<(!doctype|html|\?xml|head|body|div|p|pre|script|svg)\b`), "",
		"This is HTML or XML: send the text of the script alone."},
	{regexp.MustCompile(`^(#!.*\b(ba|z|da|k)?sh\b|#!.*\b(node|perl|ruby)\b)`), "",
		"A script is Python, and runs nothing else."},
	{regexp.MustCompile(`^(function\s+\w+\s*\(|(const|let|var)\s+\w+\s*=|package\s+\w+\s|#include\b|` +
		`using\s+\w+;|public\s+class\b|(?i:select)\s+.+\s(?i:from)\s)`), "",
		"This looks like another language: a script is Python, with a function main()."},
}

var fence = regexp.MustCompile("(?m)^[ \t>]*(```|~~~)")

// isFenced says whether the error at this line comes of a fence of Markdown: it is
// one, or what is before the first. Those in a string of the script do no harm.
func isFenced(script string, line int) bool {
	if fence.MatchString(lineOf(script, line)) {
		return true
	}
	first := fence.FindStringIndex(script)
	if first == nil {
		return false
	}
	before := script[:first[0]]
	return line <= strings.Count(before, "\n") && !strings.Contains(before, `"""`) && !strings.Contains(before, "'''")
}

// looks are lines that a syntax error points at.
var looks = []struct {
	line *regexp.Regexp
	hint string
}{
	{regexp.MustCompile(`^\s*([!%$]\s*|python3?\s+-m\s+|sudo\s+)*(pip3?|conda|uv|apt|apt-get)\s+(pip\s+)?install\b`),
		"Leave out the line: a script can't install packages. GET /capabilities lists those that are there; the " +
			"operator can add to them with PYTHON_PACKAGES."},
	{regexp.MustCompile(`^\s*%%?\s*[a-zA-Z]\w*`),
		"Leave out the line: commands that begin with % are those of notebooks. Figures come back without " +
			"%matplotlib."},
	{regexp.MustCompile(`^\s*!`), "Leave out the line: commands that begin with ! are those of notebooks, for a " +
		"shell, and no other program can be started here."},
	{regexp.MustCompile(`^\s*(\w[\w.]*\?\??|\?\??\w[\w.]*)\s*$`),
		"Leave out the line: the question mark is a notebook's; help(x) prints the same."},
	{regexp.MustCompile(`^\s*(>>>|In \[\d*\]:|Out\[\d*\]:)`),
		"Leave out the prompts, >>> or In [1]:, and what was printed below them."},
	{regexp.MustCompile(`^(<{7}|={7}|>{7})`), "Leave out the marks of a merge."},
	{regexp.MustCompile(`&(lt|gt|amp|quot|#39|#x27);`),
		escaped},
	{regexp.MustCompile(`^[^"'#]*:\s*(\\r)?\\n`), twice},
	{regexp.MustCompile(`\b\d+L\b|<>|\bur['"]|^\s*raise\s+\w+\s*,|^\s*(print|exec)\s+["'\w]`), two},
	{regexp.MustCompile(`&&|\|\||^\s*else\s+if\b|\+\+\s*$`),
		"Python writes and, or, not, elif and x += 1."},
	{regexp.MustCompile(`^\s*type\s+\w+(\[.*\])?\s*=|^\s*(def|class)\s+\w+\[`), later},
	{regexp.MustCompile(`(^|[^\w"'])([tT][rR]?|[rR][tT])["']`), template},
}

const (
	later = "That is of a later Python; this is SERIES. For types there are typing.TypeVar, Generic and TypeAlias." +
		"LATER3.12"
	template = "Template strings are of Python 3.14; this is SERIES: write f in the place of t where text is meant." +
		"LATER3.14"
	parentheses = "Write except (A, B): of several exceptions, and except A as e: in the place of Python 2's " +
		"except A, e:."
	escaped = "The script was escaped as for HTML: send < > & and quotes as they are."
	two     = "That is Python 2; this is SERIES."
	// of f-strings
	inBraces = "Take what is in the braces out into a variable: up to Python 3.11, which this is, it holds no " +
		"backslash, no # and no quote of the kind around it.LATER3.12"
	twice = `There is \n in the place of the ends of lines: the script was escaped twice.`
)

// messages are those of Python.
var messages = []struct {
	says *regexp.Regexp
	hint string
}{
	{regexp.MustCompile(`multiple exception types must be`), parentheses},
	{regexp.MustCompile(`Missing parentheses in call to|leading zeros in dec`), two},
	{regexp.MustCompile(`f-string: (unmatched|expecting '}')|f-string expression part cannot include`), inBraces},
	{regexp.MustCompile(`'await' outside|'async \w+' outside`),
		"Define async def main() and await there: the service runs it."},
	{regexp.MustCompile(`'(return|yield)' outside function`),
		"Put it into def main(): what that returns is the result."},
	{regexp.MustCompile(`^TabError`), "Indent with spaces alone."},
	{regexp.MustCompile(`unterminated (triple-quoted )?(f-)?string literal`),
		`Where the script was put into JSON by hand: what is \n in a string of the script is \\n in JSON.`},
	{regexp.MustCompile(`unexpected character after line continuation`),
		`Where there is \n in the place of an end of line: the script was escaped twice.`},
}

// lineOf is a line of the script by its number.
func lineOf(script string, number int) string {
	for range number - 1 {
		_, rest, ok := strings.Cut(script, "\n")
		if !ok {
			return ""
		}
		script = rest
	}
	line, _, _ := strings.Cut(script, "\n")
	return line[:min(len(line), 4096)]
}

// character is how Python names one that it can't read.
var character = regexp.MustCompile(`character .*\bU\+([0-9A-F]{4,6})`)

// typed are characters that programs for writing put in the place of those of Python.
var typed = []struct{ instead, of string }{
	{`"`, "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\uff02"},
	{"'", "\u2018\u2019\u201a\u201b\u2032\u00b4\uff07"},
	{"-", "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d"},
	{"a plain space", "\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"},
	{"nothing", "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060\u00ad\u202a\u202b\u202c\u202d\u202e"},
	{"*", "\u00d7\u2217\u22c5\u00b7\uff0a"}, {"/", "\u00f7\u2215\uff0f"}, {"+", "\uff0b"}, {"=", "\uff1d"},
	{"<=", "\u2264"}, {">=", "\u2265"}, {"!=", "\u2260"}, {"->", "\u2192"}, {"**2", "\u00b2"}, {"...", "\u2026"},
	{"(", "\uff08"}, {")", "\uff09"}, {"[", "\uff3b\u3010"}, {"]", "\uff3d\u3011"},
	{",", "\uff0c\u3001"}, {":", "\uff1a"}, {";", "\uff1b"},
}

// characterHint says what stands for a character that is not one of Python's.
func characterHint(hex string) string {
	n, err := strconv.ParseInt(hex, 16, 32)
	if err != nil {
		return ""
	}
	for _, t := range typed {
		if strings.ContainsRune(t.of, rune(n)) {
			return "Write " + t.instead + " in its place, everywhere in the script: a program for writing, or a " +
				"page, has changed it."
		}
	}
	if n < ' ' || n == 0x7f {
		return "Leave out the control characters, such as the colours of a terminal."
	}
	return ""
}
