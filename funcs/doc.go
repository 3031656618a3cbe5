// Package funcs is the HTTP face of the service. A request passes through it
// in four steps, one file each:
//
//	handler.go   path and method; the headers every reply carries
//	decode.go    bytes → runtime.Job, or a refusal that names the field
//	outcome.go   what came of it → HTTP status, in one table
//	encode.go    runtime.Result → bytes
//
// An event takes the same way, between two more: push.go takes the request
// out of its envelope (package envelope), and turns the outcome into an
// acknowledgement once the reply is published and the run is logged. So does a
// call of the tool that /mcp offers to language models (tool.go, package mcp).
// What is worth knowing of a run, however it was asked for, is a [Run] for a
// [Recorder].
//
// The run itself happens behind [Runner]. A run that went wrong by the
// script's own doing is a runtime.Result; a Go error from Runner is the
// service's fault and is told to the caller without detail.
//
// The package knows nothing about how a script is confined and reads no
// environment: limits and the description of the service come from
// [Runner.Info], the rest from [Options].
package funcs
