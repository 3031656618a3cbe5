// Package index fetches distributions: the list of a project's files from an
// index, as PEP 691 (JSON) or PEP 503 (HTML) describe it, or from a directory,
// and the files themselves.
//
// What an index says is not trusted: pages and files have a size at which they
// are given up, connections are encrypted unless they stay on this machine or
// the operator named the host, a redirect never leaves https, and what has a
// hash has to match it. Nothing is executed or unpacked here.
package index
