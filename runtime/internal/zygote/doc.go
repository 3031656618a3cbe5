// Package zygote is the fork server: one CPython that imports what scripts
// will import and then only forks, and the confined children it makes.
//
// # Process tree
//
//	server (Go)                     trusted; the only one with a network, credentials, an environment
//	 └─ launch (same binary)        builds the jail (package sandbox), then execs CPython
//	     └─ zygote (zygote.py)      imports, rehearses, forks; never sees anything of a caller
//	         ├─ worker (worker.py)  confines itself, warms up, reads ONE script, answers, dies
//	         └─ worker …
//
// The launch stage is this binary re-executed with another argv[0]; see [RunLaunch].
//
// # Server and zygote
//
// One SOCK_SEQPACKET pair, so that a message is a message. Integers are in
// native order; both ends are on one machine.
//
//	server                                    zygote
//	  │  JSON: sources, preload, limits ──────►│  imports
//	  │◄──────── JSON: version, an address     │
//	  │  JSON: confinement steps ─────────────►│  rehearses a run, freezes its heap
//	  │                                        │
//	  │  'F' number uid hurry scratch [3 fds] ►│  forks; after the first time, imports what is late,
//	  │                                        │  rehearses the libraries
//	  │◄──────────── 'S' an address            │  … and has the size that later workers begin with
//	  │  JSON: confinement steps ─────────────►│  requests that came meanwhile are done from here on
//	  │◄──────────── 'W' number  [pidfd]       │  … the worker exists
//	  │◄──────────── 'E' number errno          │  … or the fork was refused
//	  │◄──────────── 'X' number status cpu mem │  a worker has ended (several may share a message)
//
// The address is one among those that are mapped: the filter of the workers is made
// around it. Beside the socket the zygote has its own oom_score_adj open, which it
// raises for the moment of each fork: a worker is to be killed before it.
//
// The three descriptors are the far ends of the worker's result channel,
// stdout and stderr; the server made the pairs. The server kills a worker
// through its pidfd, so that a stopped zygote can't keep one alive. End of
// file ends the zygote and with its PID namespace every worker; where there is
// no such namespace a worker dies of its parent-death signal.
//
// # Server and worker
//
// The result channel is a stream socket. A frame of the worker is a big-endian
// length of four bytes, a byte that says what it is, and the payload:
//
//	server                                    worker
//	  │◄────────────────── 'C' Refusal         │  a layer was refused: never used
//	  │◄────────────────── 'R'                 │  confined, warm, waiting
//	  │  lengths, flags, timeout, script, ─────►│  the one request
//	  │  input, stdin, files                   │
//	  │◄────────────────── 'A' records         │  only if there is something: files, figures, forms of the value
//	  │◄────────────────── 'V' JSON text       │  what main returned
//	  │◄────────────────── 'E' JSON            │  or why there is no value
//
// In a series one worker answers case after case. Its request has a mark of 16 random
// bytes in the place of the input; then
//
//	server                                    worker
//	  │  inputs and stdins, as they come ─────►│
//	  │◄────────────────── 'S'                 │  the request has been read
//	  │◄────────────────── 'M'                 │  the module level is behind it; an 'E' instead is for all
//	  │◄────────────────── 'A', 'V', 'E'       │  the answer to a case, as above, and so on
//
// Before each answer the mark, and behind it the number of the case in four bytes, are
// written to stdout and stderr, so that what a case has written, C code included, is
// known apart (see segments). A case of the server's is two lengths of four bytes, then
// both. What is limited per run is limited per case, in time as well: the server's clock
// begins when a case is the next one to be answered and is being sent.
//
// Everything after the request is hostile: the script owns its end of the
// channel and may write what it likes. The server reads one frame, or
// an 'A' and one more, of bounded size, checks the value to be JSON of bounded
// depth and what is attached to be what it says, and kills the worker. A forged
// frame can only change the forger's own answer.
//
// A record of an 'A' frame is a byte that says what it is (see [AttachedKind]), the
// lengths of its name and its data, four bytes each, then both.
//
// Stdout and stderr are pipes. Most runs fit into a pipe's buffer, so that
// nobody reads until the answer is there; a run that takes longer is pumped in
// the background, each stream cut at its limit.
// Whoever wants to see the output as it comes is given what the pumps read.
package zygote
