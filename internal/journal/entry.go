package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pyexec/pyexec/funcs"
	"github.com/pyexec/pyexec/internal/gcp"
	"github.com/pyexec/pyexec/internal/logline"
	"github.com/pyexec/pyexec/runtime"
)

// sentence is the entry in short, which on a terminal is all of it.
func sentence(run *funcs.Record) string {
	var b strings.Builder
	b.WriteString("run " + run.Status)
	if run.UsedWorker {
		fmt.Fprintf(&b, " in %s, %s of processor, %.1f MiB",
			run.Usage.Wall.Round(10*time.Microsecond), run.Usage.CPU.Round(10*time.Microsecond),
			float64(run.Usage.PeakMemory)/(1<<20))
	}
	if c := run.Cases; c != nil {
		fmt.Fprintf(&b, ": %d cases, %d failed", c.Count, c.Failed)
		if c.Expected > 0 {
			fmt.Fprintf(&b, ", %d of %d passed", c.Passed, c.Expected)
		}
	}
	if run.Problem != "" {
		b.WriteString(": " + run.Problem)
	}
	if e := run.Event; e != nil && !e.Acknowledged {
		b.WriteString("; the message will come again")
	}
	return b.String()
}

// attrs is the entry in full. Nothing in it is the script's, its input or its
// output, except in the group that LOG_PAYLOADS asks for.
func (r *Recorder) attrs(run *funcs.Record, d digest) []slog.Attr {
	list := make([]slog.Attr, 0, 8)
	list = append(list, runAttr(run, d))
	if e := run.Event; e != nil {
		list = append(list, slog.Group("event",
			"id", e.ID, "source", e.Source, "type", e.Type, "subscription", e.Subscription, "attempt", e.Attempt,
			"acknowledged", e.Acknowledged, "published", e.Published))
	}
	list = append(list, requestAttr(&run.Request), slog.String(logline.KeyInsertID, run.ExecutionID))
	if t := run.Trace; t.ID != "" {
		// Cloud Logging links the full name only.
		if project := r.project.Load(); project != nil {
			list = append(list, slog.String(logline.KeyTrace, "projects/"+*project+"/traces/"+t.ID))
		} else {
			list = append(list, slog.String(logline.KeyTrace, t.ID))
		}
		if t.Span != "" {
			list = append(list, slog.String(logline.KeySpan, t.Span))
		}
		list = append(list, slog.Bool(logline.KeyTraceSampled, t.Sampled))
	}
	if r.payloads {
		list = append(list, payloadAttr(run))
	}
	return list
}

// digest is what an entry says of a script and its input.
type digest struct {
	sha256                  string // empty where there was no script
	scriptBytes, inputBytes int
}

func digestOf(run *funcs.Record) digest {
	if run.Job.Script == "" {
		return digest{}
	}
	sum := sha256.Sum256([]byte(run.Job.Script))
	return digest{hex.EncodeToString(sum[:]), len(run.Job.Script), len(run.Job.Input)}
}

// runAttr is what the run was and what it cost.
func runAttr(run *funcs.Record, d digest) slog.Attr {
	attrs := make([]any, 0, 12)
	attrs = append(attrs, slog.String("execution_id", run.ExecutionID), slog.String("status", run.Status))
	if d.sha256 != "" {
		attrs = append(attrs, slog.String("script_sha256", d.sha256), slog.Int("script_bytes", d.scriptBytes),
			slog.Int("input_bytes", d.inputBytes))
	}
	if u := run.Usage; run.UsedWorker {
		attrs = append(attrs, slog.Float64("wall_ms", millis(u.Wall)), slog.Float64("cpu_ms", millis(u.CPU)),
			slog.Float64("queue_ms", millis(u.Queue)), slog.Int64("peak_memory_bytes", u.PeakMemory))
	}
	if e := run.Environment; e != "" && e != runtime.DefaultEnvironment {
		attrs = append(attrs, slog.String("environment", e))
		if run.Usage.Start > 0 {
			attrs = append(attrs, slog.Float64("environment_wait_ms", millis(run.Usage.Start)))
		}
	}
	if run.Problem != "" {
		attrs = append(attrs, slog.String("problem", run.Problem))
	}
	if run.Tool != "" {
		attrs = append(attrs, slog.String("tool", run.Tool))
	}
	if run.Cases != nil {
		attrs = append(attrs, casesAttr(run.Cases))
	}
	return slog.Group("run", append(attrs, slog.Bool("limit_hit", run.LimitHit))...)
}

// casesAttr is how the cases of a batch ended, by number.
func casesAttr(c *funcs.Cases) slog.Attr {
	statuses := make([]any, 0, len(c.Statuses))
	for _, status := range slices.Sorted(maps.Keys(c.Statuses)) {
		statuses = append(statuses, slog.Int64(status, c.Statuses[status]))
	}
	return slog.Group("cases", "count", c.Count, "failed", c.Failed, "expected", c.Expected, "passed", c.Passed,
		slog.Group("statuses", statuses...))
}

// requestAttr has the names and forms that Cloud Logging knows.
func requestAttr(r *funcs.Request) slog.Attr {
	return slog.Group(logline.KeyHTTPRequest,
		"requestMethod", r.Method, "requestUrl", r.URL, "status", r.Code,
		"requestSize", strconv.FormatInt(r.RequestBytes, 10), "responseSize", strconv.FormatInt(r.ResponseBytes, 10),
		"userAgent", r.UserAgent, "remoteIp", r.RemoteIP, "protocol", r.Protocol,
		"latency", strconv.FormatFloat(r.Took.Seconds(), 'f', 6, 64)+"s")
}

// Bounds of the texts in an entry, in bytes of JSON. Cloud Logging takes entries of
// up to 256 KB; the sum of these is far less, and no caller can raise it.
const (
	maxLoggedField   = 1 << 10
	maxLoggedAgent   = 256
	maxLoggedProblem = 8 << 10 // twice: it is in the message, too

	maxLoggedScript = 32 << 10
	maxLoggedInput  = 16 << 10
	maxLoggedReply  = 64 << 10
)

// clip cuts the texts of a run that its caller may have chosen. Those that are
// cut are copies: an entry that waits does not hold all of a header.
func clip(run *funcs.Record) {
	cut := func(most int, texts ...*string) {
		for _, text := range texts {
			*text = gcp.Cut(*text, most, 0)
		}
	}
	cut(maxLoggedProblem, &run.Problem)
	cut(maxLoggedField, &run.Tool, &run.Trace.ID, &run.Trace.Span)
	if e := run.Event; e != nil {
		cut(maxLoggedField, &e.ID, &e.Source, &e.Type, &e.Subscription)
	}
	q := &run.Request
	cut(maxLoggedField, &q.Method, &q.URL, &q.Protocol, &q.RemoteIP)
	cut(maxLoggedAgent, &q.UserAgent)
}

func payloadAttr(run *funcs.Record) slog.Attr {
	return slog.Group("payload",
		"script", gcp.Cut(run.Job.Script, maxLoggedScript, 0), "input",
		gcp.Cut(string(run.Job.Input), maxLoggedInput, 0),
		"stdin", gcp.Cut(run.Job.Stdin, maxLoggedInput, 0), "reply",
		gcp.Cut(string(run.Reply), maxLoggedReply, int(run.ReplyBytes)))
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
