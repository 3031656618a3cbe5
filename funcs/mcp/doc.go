// Package mcp speaks the Model Context Protocol: it offers one tool, run_python,
// to programs that let a language model write scripts.
//
// Requests arrive by streamable HTTP, each on its own: there are no sessions,
// nothing is kept between two requests, and every reply is one JSON object. The
// official SDK does the protocol; this package says what the tool is
// (describe.go, schema.go), serves it (server.go), and turns the reply of POST
// /execute into a tool's result (result.go), whose members it reads and writes in
// their order (members.go). What a call asks for is done by a function of the
// caller's, so that the arguments of the tool and the body of POST /execute can't
// differ. Which hosts may reach it is decided by funcs/guard.go.
package mcp
