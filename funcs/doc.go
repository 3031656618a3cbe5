// Package funcs is the HTTP face of the service. A request passes through it in
// these steps:
//
//	handler.go    path and method; from an error to its reply
//	call.go       one request on its way, and the memory that it holds
//	body.go       the body, bounded, in UTF-8 and of the right type
//	decode.go     bytes → runtime.Job, or a refusal that names the field
//	outcome.go    what came of it → HTTP status, in one table
//	encode.go     runtime.Result → JSON
//	reply.go      head and content, at the reader's pace
//
// What runs something has a file for each endpoint, and meets in perform:
//
//	execute.go    POST /execute
//	stream.go     the same for whoever wants to see the output as it is written
//	batch.go      a script for many inputs: cases in, an entry for each; batch_decode.go
//	              and batch_lines.go read them, batch_verdict.go judges, batch_stream.go
//	              and batch_writer.go answer in lines, batch_bill.go adds up
//	push.go       POST /events: a message that Pub/Sub pushes (package envelope);
//	              it is acknowledged once the reply is published and the run noted
//	tool.go       POST /mcp: the tool that is offered to language models (package mcp);
//	              rpc.go has its refusals
//
// Beside them:
//
//	describe.go   all GETs: what the service is, for people and programs (package web)
//	record.go     what a [Recorder] is told of a run, however it was asked for
//	headers.go    what callers want and where they are, by their headers
//	guard.go      keeps web pages away; cors.go says which may come
//	basepath.go   paths below that of a proxy
//	coding.go     bodies in gzip
//	pause.go      at what pace callers are turned away
//	jsontext/     JSON as text: read, escaped, written in pieces
//
// The run itself happens behind [Runner]. A run that went wrong by the
// script's own doing is a runtime.Result; a Go error from Runner is the
// service's fault and is told to the caller without detail.
//
// The package knows nothing about how a script is confined and reads no
// environment: limits and the description of the service come from
// [Runner.Info], the rest from [Options].
package funcs
