// Package script reads what a script says it needs, and finds the environment
// that has it.
//
// A script says so in a comment, the inline metadata of PEP 723:
//
//	# /// script
//	# requires-python = ">=3.11"
//	# dependencies = ["pandas[excel]>=2", "rich"]
//	# ///
//
// block.go finds the comment, as the reference implementation of the
// specification does; read.go reads the TOML in it, and walk.go what TOML can
// hide; match.go compares what was read with environments.
//
// Nothing is imported, installed or fetched: an environment is a Python and a
// list of what is installed beside it. Where that list comes from, and what
// follows of a choice, others know.
package script
