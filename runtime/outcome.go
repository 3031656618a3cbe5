package runtime

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/sys"
	"github.com/pyexec/pyexec/runtime/internal/zygote"
)

// outcome turns what came back from a worker, all of it hostile, into a Result.
func (r *Runtime) outcome(
	e *environment, reply *zygote.Reply, exit *zygote.Exit, seen holding, job *Job,
) Result {
	result := Result{Status: OK, Value: reply.Value, Stdout: reply.Stdout, Stderr: reply.Stderr, Ran: true}
	if reply.Attached != nil {
		r.attach(&result, reply.Attached)
	}
	switch {
	case reply.Value != nil:
	case reply.Cause != 0:
		result.Status, result.Error = r.stopped(reply.Cause, seen, job)
	case reply.Fault != nil:
		r.fault(&result, reply.Fault, job)
	case reply.Broken != "":
		result.Status, result.Error = ScriptError, brokenChannel(job)
	default:
		result.Status, result.Error = r.died(exit, seen, job)
		if lackedMemory(reply.Stderr) {
			result.Status, result.Error = MemoryLimit, r.memoryLimit()
		}
	}
	if result.Status == OK {
		result.Hint = successHint(job)
	} else {
		result.Hint = r.hint(e, &result, r.detail(reply, seen), job)
	}
	return result
}

// libraryBuffer is more than OpenBLAS takes for each of its buffers. Where there is
// not so much left it asks again and again, and Python never hears the alarm.
const libraryBuffer = 34 << 20

// detail is the word for the refusal or the limit that has ended a run, or for the
// value that it can't return; empty if there is none.
func (r *Runtime) detail(reply *zygote.Reply, seen holding) string {
	switch {
	case reply.Cause == zygote.Timeout && seen.Size > r.cfg.Limits.MemoryBytes-libraryBuffer:
		return "memory"
	case reply.Cause == zygote.Threads:
		return "threads"
	case reply.Cause == zygote.Pressure:
		return "pressure"
	case reply.Fault == nil:
		return ""
	case reply.Fault.Denied != "":
		return reply.Fault.Denied
	case reply.Fault.Limit != "":
		return reply.Fault.Limit
	case Status(reply.Fault.Status) == NotJSON:
		return reply.Fault.Way
	}
	return reply.Fault.Error
}

// lackedMemory says whether the last words of a process that ended itself are those
// of a library of native code that could not get memory.
func lackedMemory(stderr []byte) bool {
	last := stderr[max(0, len(stderr)-400):]
	for _, words := range []string{"OpenBLAS error: Memory allocation still failed after ", "what():  std::bad_alloc"} {
		if bytes.Contains(last, []byte(words)) {
			return true
		}
	}
	return false
}

// stopped is the outcome of a run that the server ended.
func (r *Runtime) stopped(cause zygote.Cause, seen holding, job *Job) (Status, string) {
	l := r.cfg.Limits
	switch cause {
	case zygote.Timeout:
		return Timeout, timedOut(job)
	case zygote.Stdout:
		return OutputLimit, "Script exceeded the stdout limit of " + Bytes(l.OutputBytes).String()
	case zygote.Stderr:
		return OutputLimit, "Script exceeded the stderr limit of " + Bytes(l.OutputBytes).String()
	case zygote.Files:
		return FileLimit, r.tmpLimit()
	case zygote.Threads:
		return Killed, fmt.Sprintf("Script was killed because it exceeded the limit of %d threads", l.Threads)
	case zygote.Memory:
		return MemoryLimit, fmt.Sprintf("%s: it held %s", r.memoryLimit(), Bytes(seen.Now))
	case zygote.Pressure:
		return MemoryLimit, fmt.Sprintf("Script was ended because the memory of the machine ran out: it held %s, "+
			"and its own limit is %s", Bytes(seen.Now), Bytes(l.MemoryBytes))
	}
	return Killed, "Script was killed"
}

func (r *Runtime) memoryLimit() string {
	return "Script exceeded the memory limit of " + Bytes(r.cfg.Limits.MemoryBytes).String()
}

// fault is the outcome that the worker itself reports. Only known words are
// accepted.
func (r *Runtime) fault(result *Result, f *zygote.Fault, job *Job) {
	l := r.cfg.Limits
	result.Status, result.Error = Status(f.Status), f.Error
	result.Ran, result.Traceback, result.Line, result.Column = f.Ran, f.Traceback, max(f.Line, 0), max(f.Column, 0)
	switch result.Status {
	case MainMissing:
		result.Error = "Script must contain a '" + entry(job) + "()' function"
	case ImportBlocked:
		result.Error = "Script contains potentially dangerous code: " + f.Error
	case SyntaxError:
		result.Exception = exceptionOf(f.Error)
		result.Error = fmt.Sprintf("%s (line %d)", f.Error, f.Line)
	case NotJSON:
		result.Error = notJSON(job) + f.Error
	case Exited:
		result.Error = exited(f.Error, job)
		result.Denied = r.denied(f.Denied)
	case Timeout:
		result.Error = timedOut(job) + waitedFor(f)
	case MemoryLimit:
		result.Error = r.memoryLimit()
	case ResultLimit:
		result.Error = "Script exceeded the result limit of " + Bytes(l.ResultBytes).String()
		if f.Error == "depth" {
			result.Error = fmt.Sprintf("Script exceeded the result limit of %d nested levels", l.ResultDepth)
		}
	case FileLimit:
		result.Error = r.tmpLimit()
		if f.Error == "files" {
			result.Error = fmt.Sprintf("The files of the request exceed the /tmp limit of %s and %d files",
				Bytes(l.TmpBytes), l.TmpFiles)
		}
		if f.Limit == "open_files" {
			result.Error = fmt.Sprintf("Script exceeded the limit of %d open files", l.OpenFiles)
		}
	case Killed: // by a signal that the script has sent to itself
		number, err := strconv.Atoi(f.Error)
		if err != nil || number < 1 || number > lastSignal {
			result.Status, result.Error = ScriptError, brokenChannel(job)
			break
		}
		result.Error = killedBy(syscall.Signal(number))
	case ScriptError:
		result.Exception = exceptionOf(f.Error)
		switch f.Limit {
		case "threads":
			result.Error += fmt.Sprintf(" (the limit is %d threads)", l.Threads)
		case "stack":
			result.Error += " (no memory is left for its stack; the limit is " + Bytes(l.MemoryBytes).String() + ")"
		}
		result.Denied = r.denied(f.Denied)
	default:
		result.Status, result.Error = ScriptError, brokenChannel(job)
	}
}

// exceptionOf takes the sentence apart that the worker tells an exception by.
func exceptionOf(sentence string) Exception {
	name, value, _ := strings.Cut(sentence, ": ")
	return Exception{Name: name, Value: value}
}

// brokenChannel is said when nothing can be made of what came back.
func brokenChannel(job *Job) string { return "Script broke the channel of its result" + before(job) }

func timedOut(job *Job) string { return "Script execution timed out after " + seconds(job.Timeout) }

// waitedFor is what a run was waiting for when its time was up, if that was not the
// script itself.
func waitedFor(f *zygote.Fault) string {
	switch f.Limit {
	case "threads":
		if f.Error == "" { // what threading itself waits for has no name
			return ": what it waited for at its end were threads"
		}
		return fmt.Sprintf(": what it waited for at its end was the thread %.100q", f.Error)
	case "atexit":
		return ": what it waited for at its end was a function registered with atexit"
	}
	return ""
}

// died is the outcome of a process that ended without an answer and was not killed
// by the service.
func (r *Runtime) died(exit *zygote.Exit, seen holding, job *Job) (Status, string) {
	status := syscall.WaitStatus(exit.Status)
	switch {
	case status.Exited() && selfSent[status.ExitStatus()]:
		return Killed, killedBy(syscall.Signal(status.ExitStatus()))
	case status.Exited():
		return Exited, exited(strconv.Itoa(status.ExitStatus()), job)
	case r.overCPU(exit, seen):
		return CPULimit, "Script exceeded the CPU limit of " + seconds(r.cfg.Limits.CPU)
	}
	return Killed, killedBy(status.Signal())
}

// selfSent are the signals that C code sends to its own process, whose handler in a
// worker makes them its exit status: signals.py of the harness has the same list.
var selfSent = map[int]bool{
	int(syscall.SIGABRT): true, int(syscall.SIGVTALRM): true, int(syscall.SIGPROF): true,
}

const lastSignal = 64 // on Linux

func killedBy(s syscall.Signal) string {
	name := sys.SignalName(s)
	if name == "" { // a real-time signal
		name = "signal " + strconv.Itoa(int(s))
	}
	return "Script was killed by " + name
}

func (r *Runtime) tmpLimit() string {
	return fmt.Sprintf("Script exceeded the /tmp limit of %s and %d files", Bytes(r.cfg.Limits.TmpBytes),
		r.cfg.Limits.TmpFiles)
}

func exited(code string, job *Job) string {
	return "Script exited with code " + code + before(job)
}

// seconds is a duration as the contract words it: "30 seconds", "0.5 seconds".
func seconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + " seconds"
}

// Bytes is a number of bytes for people to read.
type Bytes int64

// String is the number in the largest unit that leaves it whole: "512 MiB",
// "1000 bytes".
func (n Bytes) String() string {
	units := []string{"bytes", "KiB", "MiB", "GiB"}
	i := 0
	for i < len(units)-1 && n >= 1024 && n%1024 == 0 {
		n /= 1024
		i++
	}
	return strconv.FormatInt(int64(n), 10) + " " + units[i]
}
