package funcs

import (
	"context"
	"fmt"
	"io"

	"github.com/pyexec/pyexec/funcs/jsontext"
	"github.com/pyexec/pyexec/runtime"
)

// batch is what a request with many cases asks for beside its job: arrays of JSON as
// they were sent, nil where they were not. They alias the body and are decoded item by
// item when it is their turn, so that ten thousand cases take no memory of their own.
type batch struct {
	isolation               runtime.Isolation
	inputs, cases, expected []byte
}

// many is the batch that p asks for, by any of its fields.
func (p *params) many() *batch {
	if p.batch == nil {
		p.batch = &batch{}
	}
	return p.batch
}

func setInputs(p *params, value []byte, _ *runtime.Limits) error {
	if value[0] != '[' {
		return refuse(invalidRequest, "inputs must be an array of JSON values: main(input) is called for each of them")
	}
	p.many().inputs = value
	return nil
}

func setCases(p *params, value []byte, _ *runtime.Limits) error {
	if value[0] != '[' {
		return refuse(invalidRequest, "cases must be an array of objects of "+caseFieldNames)
	}
	p.many().cases = value
	return nil
}

func setExpected(p *params, value []byte, _ *runtime.Limits) error {
	if value[0] != '[' {
		return refuse(invalidRequest, "expected must be an array of JSON values, one for each of inputs")
	}
	p.many().expected = value
	return nil
}

func setIsolation(p *params, value []byte, _ *runtime.Limits) error {
	switch isolation, _ := textOf(value); runtime.Isolation(isolation) {
	case runtime.IsolationCase, runtime.IsolationRun:
		p.many().isolation = runtime.Isolation(isolation)
		return nil
	}
	return refuse(invalidRequest, `isolation must be "case" or "run"`)
}

// oneCase is a case and what is expected of it.
type oneCase struct {
	runtime.Case
	want expectation
}

const caseFieldNames = "input, stdin, expected, expected_stdout"

// parseCase reads one of cases, or a line. value is valid JSON without space around it.
func parseCase(value []byte, limits *runtime.Limits) (one oneCase, err error) {
	if value[0] != '{' {
		return one, refuse(invalidRequest, "must be an object of "+caseFieldNames)
	}
	seen := map[string]bool{}
	for quoted, value := range jsontext.Members(value) {
		name, _ := jsontext.Unquote(quoted)
		if seen[name] {
			return one, refuse(invalidRequest, "%s must be given once", clip(name))
		}
		seen[name] = true
		switch name {
		case "input":
			one.Input = value[:len(value):len(value)]
			err = checkDepth(name, value, limits)
		case "stdin":
			one.Stdin, err = text(name, value)
		case "expected":
			one.want.value = value
			err = checkDepth(name, value, limits)
		case "expected_stdout":
			var stdout string
			stdout, err = text(name, value)
			one.want.stdout = &stdout
		default:
			err = refuse(invalidRequest, "unknown field %q: a case has only %s", clip(name), caseFieldNames)
		}
		if err != nil {
			return one, err
		}
	}
	return one, nil
}

func checkDepth(name string, value []byte, limits *runtime.Limits) error {
	if runtime.Depth(value) > limits.ResultDepth {
		return refuseLimit(invalidRequest, depthHint,
			"%s must be nested at most %d levels deep", name, limits.ResultDepth)
	}
	return nil
}

// caseArrays hands out the cases of one body.
type caseArrays struct {
	inputs, expected, cases *jsontext.Cursor // inputs or cases
	limits                  *runtime.Limits
	count                   int
}

// arrays returns the cases of a body, whose rules it has kept to.
func (b *batch) arrays(limits *runtime.Limits) *caseArrays {
	a := &caseArrays{limits: limits}
	if b.cases != nil {
		a.cases = jsontext.NewCursor(b.cases)
		return a
	}
	a.inputs = jsontext.NewCursor(b.inputs)
	if b.expected != nil {
		a.expected = jsontext.NewCursor(b.expected)
	}
	return a
}

// next is one for who also reads lines, which may have to be waited for.
func (a *caseArrays) next(context.Context) (oneCase, error) { return a.one() }

// one returns the next case, and io.EOF after the last. Its errors name the item.
func (a *caseArrays) one() (one oneCase, err error) {
	name, from := "cases", a.cases
	if from == nil {
		name, from = "inputs", a.inputs
	}
	item, ok := from.Next()
	if !ok {
		return one, io.EOF
	}
	if a.cases != nil {
		one, err = parseCase(item, a.limits)
	} else {
		one.Input = item[:len(item):len(item)]
		err = checkDepth("input", item, a.limits)
	}
	if err == nil && a.expected != nil {
		one.want.value, _ = a.expected.Next()
		err = checkDepth("expected", one.want.value, a.limits)
	}
	if err != nil {
		return one, within(fmt.Sprintf("%s: item %d: ", name, a.count), err)
	}
	a.count++
	return one, nil
}

// within says where in a request is what err complains of.
func within(where string, err error) error {
	if f, ok := err.(*failure); ok {
		return &failure{of: f.of, text: where + f.text, hint: f.hint}
	}
	return err
}

const (
	casesHint = "Send them as application/x-ndjson, a case a line, of which there may be any number; the operator " +
		"can raise EXEC_BATCH_CASES."
	leftOutOfBatch = "%s must be left out where there are %s: %s"
)

// checkBatch refuses a batch that breaks the contract, before anything has run. most is how
// many cases there may be, 0 for any number.
func (p *params) checkBatch(limits *runtime.Limits, most int) error {
	b := p.batch
	if err := p.checkProgram(); err != nil {
		return err
	}
	name := "inputs"
	switch {
	case b.inputs != nil && b.cases != nil:
		return refuse(invalidRequest, leftOutOfBatch, "inputs", "cases", "each of them has its own input")
	case b.cases != nil && b.expected != nil:
		return refuse(invalidRequest, leftOutOfBatch, "expected", "cases", "each of them has its own")
	case b.cases != nil:
		name = "cases"
	case b.inputs == nil && b.expected != nil:
		return refuse(invalidRequest, "expected must come with inputs, one for each of them")
	case b.inputs == nil:
		return refuse(invalidRequest, "isolation must come with inputs or cases")
	}
	if err := p.checkAlone(name, limits); err != nil {
		return err
	}
	count := 0
	for a := b.arrays(limits); ; count++ {
		one, err := a.one()
		if err == io.EOF {
			break
		}
		if err == nil {
			if err = p.checkCase(one.Case); err != nil {
				err = within(fmt.Sprintf("%s: item %d: ", name, count), err)
			}
		}
		if err != nil && (most == 0 || count < most) { // else there are too many in any case
			return err
		}
	}
	switch {
	case count == 0:
		return refuse(invalidRequest, "%s must not be empty", name)
	case most > 0 && count > most:
		return refuseLimit(invalidRequest, casesHint, "%s must be at most %d, got %d", name, most, count)
	}
	if b.expected != nil {
		if n := items(b.expected); n != count {
			return refuse(invalidRequest,
				"expected must have one value for each of inputs: there are %d for %d", n, count)
		}
	}
	return nil
}

const programHint = `Send cases instead, {"stdin": "…"} for each of them, with "expected_stdout" for what it is to ` +
	`print, and leave expected and isolation out.`

// checkProgram refuses what a batch of a program must not have, which is called with nothing:
// in one go, so that what follows the hint is accepted.
func (p *params) checkProgram() error {
	b := p.batch
	switch {
	case !p.job.Options.Program:
		return nil
	case b.inputs != nil && b.cases == nil:
		return refuseLimit(invalidRequest, programHint,
			"inputs must be left out where entry is null: a program has no function to hand them to")
	case b.expected != nil && b.cases == nil:
		return refuseLimit(invalidRequest, programHint,
			"expected must be left out where entry is null: a program is graded by what it prints")
	case b.isolation == runtime.IsolationRun:
		return refuse(invalidRequest,
			"isolation must be left out where entry is null: a program has no function to call again")
	case b.cases == nil:
		return refuse(invalidRequest, "isolation must come with cases where entry is null")
	}
	return nil
}

// openBatch checks the batch of a body, reserves memory for that and returns its cases.
func (h *handler) openBatch(c *call, p *params) (*caseArrays, error) {
	if err := p.checkBatch(&c.limits, h.batchCases); err != nil {
		return nil, err
	}
	return p.batch.arrays(&c.limits), c.mem.wait(c.record.Request.RequestBytes)
}

func items(array []byte) (n int) {
	for range jsontext.Items(array) {
		n++
	}
	return n
}

// checkAlone refuses what a request with many cases, by that name, must not have.
func (p *params) checkAlone(name string, limits *runtime.Limits) error {
	switch {
	case p.job.Input != nil:
		return refuse(invalidRequest, leftOutOfBatch, "input", name, "they take its place")
	case p.seen[fieldIndex("stdin")]:
		return refuse(invalidRequest, leftOutOfBatch, "stdin", name, "each of cases can have its own")
	}
	if err := runtime.CheckBatch(&runtime.Batch{Job: p.job, Isolation: p.batch.isolation}, *limits); err != nil {
		return refuse(invalidRequest, "%s", err)
	}
	return nil
}

// checkCase refuses a case that does not fit the rest of the request.
func (p *params) checkCase(one runtime.Case) error {
	if err := runtime.CheckCase(&p.job.Options, one); err != nil {
		return refuse(invalidRequest, "%s", err)
	}
	return nil
}
