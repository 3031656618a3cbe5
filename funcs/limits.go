package funcs

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/pyexec/pyexec/funcs/web"
	"github.com/pyexec/pyexec/runtime"
)

// limitTable names every limit for reports, /capabilities and the
// documentation. A name ends in its unit unless it counts things.
var limitTable = []struct {
	name, meaning string
	append        func([]byte, runtime.Limits) []byte
}{
	{"timeout_seconds", "Wall clock of the whole script.", func(b []byte, l runtime.Limits) []byte { return appendSeconds(b, l.Timeout) }},
	{"cpu_seconds", "Processor time of all threads of the script.", func(b []byte, l runtime.Limits) []byte { return appendSeconds(b, l.CPU) }},
	{"memory_bytes", "Memory on top of the interpreter's own.", func(b []byte, l runtime.Limits) []byte { return strconv.AppendInt(b, l.MemoryBytes, 10) }},
	{"tmp_bytes", "Size of /tmp, which starts empty.", func(b []byte, l runtime.Limits) []byte { return strconv.AppendInt(b, l.TmpBytes, 10) }},
	{"tmp_files", "Files and directories in /tmp.", func(b []byte, l runtime.Limits) []byte { return strconv.AppendInt(b, l.TmpFiles, 10) }},
	{"output_bytes", "stdout and stderr, each.", func(b []byte, l runtime.Limits) []byte { return strconv.AppendInt(b, l.OutputBytes, 10) }},
	{"result_bytes", "JSON text of the result.", func(b []byte, l runtime.Limits) []byte { return strconv.AppendInt(b, l.ResultBytes, 10) }},
	{"result_depth", "Nesting of the result, and of the input.", func(b []byte, l runtime.Limits) []byte { return strconv.AppendInt(b, int64(l.ResultDepth), 10) }},
	{"script_bytes", "Source text of the script.", func(b []byte, l runtime.Limits) []byte { return strconv.AppendInt(b, l.ScriptBytes, 10) }},
	{"return_files", "Files that come back, and figures.", func(b []byte, l runtime.Limits) []byte { return strconv.AppendInt(b, l.ReturnFiles, 10) }},
	{"return_bytes", "Files, figures and forms of the value that come back, together.", func(b []byte, l runtime.Limits) []byte { return strconv.AppendInt(b, l.ReturnBytes, 10) }},
	{"open_files", "Descriptors open at once, the standard ones included.", func(b []byte, l runtime.Limits) []byte { return strconv.AppendInt(b, l.OpenFiles, 10) }},
	{"threads", "Threads at once, the main one included.", func(b []byte, l runtime.Limits) []byte { return strconv.AppendInt(b, l.Threads, 10) }},
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

// limitDocs lists the limits in force, the bound of the request included,
// which is the handler's own.
func limitDocs(l runtime.Limits, bodyBytes int64) []web.Limit {
	docs := make([]web.Limit, 0, len(limitTable)+1)
	for _, row := range limitTable {
		docs = append(docs, web.Limit{Name: row.name, Value: json.Number(row.append(nil, l)), Meaning: row.meaning})
	}
	return append(docs, web.Limit{
		Name: "body_bytes", Value: json.Number(strconv.FormatInt(bodyBytes, 10)), Meaning: "Body of a request.",
	})
}

func appendSeconds(b []byte, d time.Duration) []byte {
	return strconv.AppendFloat(b, d.Seconds(), 'f', -1, 64)
}

// appendMillis appends a duration in milliseconds with up to three decimals.
func appendMillis(b []byte, d time.Duration) []byte {
	return strconv.AppendFloat(b, float64(d.Microseconds())/1000, 'f', -1, 64)
}
