package web

// batchFields are the fields of a request with many cases.
var batchFields = []Field{
	{Name: "inputs", Type: "array", Default: "absent",
		Meaning: "Runs the script for many inputs: main(input) is called for each of these values, and the reply is " +
			`{"results": […], "summary": {"count", "failed", "expected", "passed"}}, each of results what a run of it ` +
			"alone is answered. Limits, timeout too, are for each."},
	{Name: "expected", Type: "array", Default: "absent",
		Meaning: "With inputs, a value for each: adds passed to its result."},
	{Name: "cases", Type: "array", Default: "absent",
		Meaning: `The general form of both: [{"input", "stdin", "expected", "expected_stdout"}], each of which may be ` +
			"left out. A body of application/x-ndjson has the request in its first line and a case in each further " +
			"one, and gets a line for each."},
	{Name: "isolation", Type: "string", Default: "case",
		Meaning: "case: a process for each case. run: one for all of them, whose module level is executed once; what " +
			"a case leaves behind the next one finds."},
}

const passedMeaning = "Only in results, of a case of which something was expected: whether it succeeded with the " +
	"same JSON value, and printed the same but for white space at the ends of lines and empty lines at the end."
