package funcs

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/pyexec/pyexec/funcs/jsontext"
	"github.com/pyexec/pyexec/funcs/web"
	"github.com/pyexec/pyexec/runtime"
)

// Replies are put together by appending, not by encoding/json: the order of
// the keys is part of the contract, and the result must come through as the
// very bytes Python wrote.

// report is what `"report": true` adds to a reply.
type report struct {
	id        string
	limits    runtime.Limits // Timeout is the one that applied to this run
	isolation map[string]bool
	files     bool // the caller asked for files
	shared    bool // the process had other cases, too: what it has used is not this one's
}

// encoding is one run's result, and what the reply says of it.
type encoding struct {
	res         *runtime.Result
	outputBytes int64   // Limits.OutputBytes, to know output that was cut
	files       bool    // the caller asked for files
	extra       *report // nil unless asked for
	passed      *bool   // nil unless it is a case of which something was expected
}

// content returns the body of the reply to the run.
func (e encoding) content() content {
	return newContent(e.rawSize(), e.write)
}

func (e encoding) write(w *jsontext.Writer) {
	res := e.res
	stdout, stderr := trimCut(res.Stdout, e.outputBytes), trimCut(res.Stderr, e.outputBytes)
	if res.Status == runtime.OK {
		w.Literal(`{"result":`)
		w.Raw(res.Value)
		w.Literal(`,"stdout":`)
		w.Text(stdout)
		writeShown(w, res)
		writeFiles(w, res, e.files)
		if e.extra != nil || len(stderr) > 0 {
			w.Literal(`,"stderr":`)
			w.Text(stderr)
		}
		writeMember(w, "hint", res.Hint)
		if e.extra != nil {
			w.Raw(appendReport(nil, res, e.extra))
		}
		writePassed(w, e.passed)
		w.Literal(`}`)
		return
	}
	w.Literal(`{"error":`)
	w.String(res.Error)
	w.Literal(`,"status":`)
	w.String(string(res.Status))
	if res.Ran {
		w.Literal(`,"stdout":`)
		w.Text(stdout)
		w.Literal(`,"stderr":`)
		w.Text(stderr)
	}
	writeMember(w, "traceback", res.Traceback)
	if res.Line > 0 {
		w.Literal(`,"line":`)
		w.Int(int64(res.Line))
	}
	if res.Column > 0 {
		w.Literal(`,"column":`)
		w.Int(int64(res.Column))
	}
	writeMember(w, "denied", res.Denied)
	writeMember(w, "hint", res.Hint)
	writeShown(w, res)
	writeFiles(w, res, e.files && res.Ran)
	if e.extra != nil {
		w.Raw(appendReport(nil, res, e.extra))
	}
	writePassed(w, e.passed)
	w.Literal(`}`)
}

// writePassed adds the verdict on a case, if there is one.
func writePassed(w *jsontext.Writer, passed *bool) {
	switch {
	case passed == nil:
	case *passed:
		w.Literal(`,"passed":true`)
	default:
		w.Literal(`,"passed":false`)
	}
}

// writeMember adds a member, unless it is empty.
func writeMember(w *jsontext.Writer, key, value string) {
	if value != "" {
		w.Literal(`,"` + key + `":`)
		w.String(value)
	}
}

// writeShown adds the members that show what JSON can't hold.
func writeShown(w *jsontext.Writer, res *runtime.Result) {
	if len(res.Displays) > 0 {
		w.Literal(`,"displays":[`)
		for i, forms := range res.Displays {
			comma(w, i)
			writeForms(w, forms)
		}
		w.Literal(`]`)
	}
	if len(res.Display) > 0 {
		w.Literal(`,"display":`)
		writeForms(w, res.Display)
	}
	if len(res.Figures) > 0 {
		w.Literal(`,"figures":[`)
		for i, png := range res.Figures {
			comma(w, i)
			w.Literal(`{"type":"image/png","base64":`)
			w.Base64(png)
			w.Literal(`}`)
		}
		w.Literal(`]`)
	}
}

// writeForms writes the forms of one thing that is displayed.
func writeForms(w *jsontext.Writer, forms map[string]string) {
	w.Literal(`{`)
	for i, t := range slices.Sorted(maps.Keys(forms)) {
		comma(w, i)
		w.String(t)
		w.Literal(`:`)
		w.String(forms[t])
	}
	w.Literal(`}`)
}

// comma separates the i-th of several things from the one before.
func comma(w *jsontext.Writer, i int) {
	if i > 0 {
		w.Literal(`,`)
	}
}

// rawSize is about how many bytes the reply takes before it is encoded.
func (e encoding) rawSize() int64 {
	res := e.res
	n := len(res.Value) + len(res.Stdout) + len(res.Stderr) + len(res.Traceback) + len(res.Error)
	for _, f := range res.Files {
		n += len(f.Name) + len(f.Data)
	}
	for _, png := range res.Figures {
		n += len(png)
	}
	for _, forms := range append(res.Displays[:len(res.Displays):len(res.Displays)], res.Display) {
		for t, form := range forms {
			n += len(t) + len(form)
		}
	}
	return int64(n)
}

// refusal is the reply to a request that ended without a run.
func refusal(o *outcome, sentence, hint string) content {
	b := jsontext.AppendString([]byte(`{"error":`), sentence)
	b = appendMember(b, "status", string(o.word))
	if hint != "" {
		b = appendMember(b, "hint", hint)
	}
	return textContent(append(b, '}'))
}

func appendReport(b []byte, res *runtime.Result, extra *report) []byte {
	b = append(b, `,"report":{"execution_id":`...)
	b = jsontext.AppendString(b, extra.id)
	b = appendMember(b, "status", string(res.Status))
	if res.Environment != "" {
		b = appendMember(b, "environment", res.Environment)
	}
	if res.Unmet != "" {
		b = appendMember(b, "environment_lacks", res.Unmet)
	}
	if res.Usage.Start > 0 {
		b = appendMillis(append(b, `,"environment_wait_ms":`...), res.Usage.Start)
	}
	b = appendException(b, res.Exception)
	if extra.files {
		b = appendTypes(b, res.Files)
	}
	b = appendMillis(append(b, `,"wall_ms":`...), res.Usage.Wall)
	if !extra.shared {
		b = appendCost(b, res.Usage)
	}
	if res.Usage.PeakTmp >= 0 && !extra.shared {
		b = strconv.AppendInt(append(b, `,"peak_tmp_bytes":`...), res.Usage.PeakTmp, 10)
	}
	b = appendMillis(append(b, `,"queue_ms":`...), res.Usage.Queue)
	b = appendLimits(append(b, `,"limits":`...), extra.limits)
	b = append(b, `,"isolation":{`...)
	for i, layer := range slices.Sorted(maps.Keys(extra.isolation)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(jsontext.AppendString(b, layer), ':')
		b = strconv.AppendBool(b, extra.isolation[layer])
	}
	return append(b, "}}"...)
}

// appendCost appends what is known of a process when it has ended.
func appendCost(b []byte, u runtime.Usage) []byte {
	b = appendMillis(append(b, `,"cpu_ms":`...), u.CPU)
	return strconv.AppendInt(append(b, `,"peak_memory_bytes":`...), u.PeakMemory, 10)
}

// appendException appends the parts of what Python raised, if it raised something.
func appendException(b []byte, e runtime.Exception) []byte {
	if e.Name == "" {
		return b
	}
	b = jsontext.AppendString(append(b, `,"exception":{"name":`...), e.Name)
	return append(appendMember(b, "value", e.Value), '}')
}

// appendMember appends `,"key":"value"`. The key is written as it is.
func appendMember(b []byte, key, value string) []byte {
	b = append(b, `,"`...)
	b = append(b, key...)
	b = append(b, `":`...)
	return jsontext.AppendString(b, value)
}

// trimCut drops the piece of a character that cutting output at limit bytes
// left at its end. Shorter output was not cut and stays as it is.
func trimCut(out []byte, limit int64) []byte {
	if int64(len(out)) < limit {
		return out
	}
	return out[:len(out)-jsontext.Incomplete(out)]
}

// limitTable names every limit for reports, /capabilities and the
// documentation. A name ends in its unit unless it counts things.
var limitTable = []struct {
	name, meaning string
	append        func([]byte, runtime.Limits) []byte
}{
	{"timeout_seconds", "Wall clock of the whole script.",
		func(b []byte, l runtime.Limits) []byte { return appendSeconds(b, l.Timeout) }},
	{"cpu_seconds", "Processor time of all threads of the script.",
		func(b []byte, l runtime.Limits) []byte { return appendSeconds(b, l.CPU) }},
	{"memory_bytes", "Memory on top of the interpreter's own.",
		func(b []byte, l runtime.Limits) []byte { return strconv.AppendInt(b, l.MemoryBytes, 10) }},
	{"tmp_bytes", "Size of /tmp, which starts empty.",
		func(b []byte, l runtime.Limits) []byte { return strconv.AppendInt(b, l.TmpBytes, 10) }},
	{"tmp_files", "Files and directories in /tmp.",
		func(b []byte, l runtime.Limits) []byte { return strconv.AppendInt(b, l.TmpFiles, 10) }},
	{"output_bytes", "stdout and stderr, each.",
		func(b []byte, l runtime.Limits) []byte { return strconv.AppendInt(b, l.OutputBytes, 10) }},
	{"result_bytes", "JSON text of the result.",
		func(b []byte, l runtime.Limits) []byte { return strconv.AppendInt(b, l.ResultBytes, 10) }},
	{"result_depth", "Nesting of the result, and of the input.",
		func(b []byte, l runtime.Limits) []byte { return strconv.AppendInt(b, int64(l.ResultDepth), 10) }},
	{"script_bytes", "Source text of the script.",
		func(b []byte, l runtime.Limits) []byte { return strconv.AppendInt(b, l.ScriptBytes, 10) }},
	{"return_files", "Files that come back, figures, and things that are displayed, each.",
		func(b []byte, l runtime.Limits) []byte { return strconv.AppendInt(b, l.ReturnFiles, 10) }},
	{"return_bytes", "Files, figures and what is displayed, together.",
		func(b []byte, l runtime.Limits) []byte { return strconv.AppendInt(b, l.ReturnBytes, 10) }},
	{"open_files", "Descriptors open at once, the standard ones included.",
		func(b []byte, l runtime.Limits) []byte { return strconv.AppendInt(b, l.OpenFiles, 10) }},
	{"threads", "Threads at once, the main one included.",
		func(b []byte, l runtime.Limits) []byte { return strconv.AppendInt(b, l.Threads, 10) }},
}

// appendLimits appends all limits as one JSON object.
func appendLimits(b []byte, l runtime.Limits) []byte {
	b = append(b, '{')
	for i := range limitTable {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, limitTable[i].name...)
		b = append(b, `":`...)
		b = limitTable[i].append(b, l)
	}
	return append(b, '}')
}

// limitDocs lists the limits in force, the bounds of the request included,
// which are the handler's own.
func (h *handler) limitDocs(l runtime.Limits) []web.Limit {
	docs := make([]web.Limit, 0, len(limitTable)+3)
	for _, row := range limitTable {
		docs = append(docs, web.Limit{Name: row.name, Value: json.Number(row.append(nil, l)), Meaning: row.meaning})
	}
	return append(docs,
		web.Limit{Name: "body_bytes", Value: json.Number(strconv.FormatInt(h.bodyBytes, 10)),
			Meaning: "Body of a request, or a line of one."},
		web.Limit{Name: "batch_cases", Value: json.Number(strconv.Itoa(h.batchCases)),
			Meaning: "Cases of one body; a request in lines has no such limit."},
		web.Limit{Name: "batch_seconds", Value: json.Number(appendSeconds(nil, h.batchTime)),
			Meaning: "Wall clock of all cases of a request."})
}

func appendSeconds(b []byte, d time.Duration) []byte {
	return strconv.AppendFloat(b, d.Seconds(), 'f', -1, 64)
}

// appendMillis appends a duration in milliseconds with up to three decimals.
func appendMillis(b []byte, d time.Duration) []byte {
	return strconv.AppendFloat(b, float64(d.Microseconds())/1000, 'f', -1, 64)
}
