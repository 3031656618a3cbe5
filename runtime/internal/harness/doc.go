// Package harness is our program in the confined process: the Python that the
// interpreter runs before, around and after a caller's script. To the server it
// is text, which it hands over and never runs; for what happens on the other
// side, read the .py files beside this one.
//
// # What runs where, and when
//
//	process   file                      what it does                          what it has seen of a caller
//	zygote    bootstrap.py              loads the modules from a socket       nothing
//	zygote    zygote.py                 imports, rehearses, forks             nothing, ever
//	worker    worker.py                 in the child of a fork:               nothing yet
//	            confine.confine         carries out the confinement list
//	            randomness.reseed       new seeds for every generator
//	            run.Run                 a dummy run, so that all is warm
//	          ── frame 'R' ── from here on the process is confined ──
//	            channel.receive         reads the one request                 the request
//	            files.put, streams      the caller's files, stdin             the request
//	            source.read_script      compiles; refuses what can't work     the request
//	            run.Run.call            runs the script                       the script runs here
//	            result, display         makes the value                       the script has run here
//	            ends.finish             waits for threads, calls atexit       the script runs here
//	            files                   collects what is left                 the script has run here
//	          ── frame 'V' or 'E', and the end of the process ──
//
// The zygote is in the jail that the launch stage has built, and not confined
// further: it must be able to fork. A worker locks itself down as its first step,
// by a list that Go compiled (package sandbox); confine.py knows no rule of it. A
// step that is refused ends the worker before it has read anything.
//
// # Which file does what
//
//	bootstrap.py   the text of the option -c
//	zygote.py      the fork server; its messages are drawn in package zygote
//	confine.py     system calls from a list, each checked
//	heap.py        the heaps, filled so that a fork touches few pages of them
//	worker.py      the life of a child of the zygote
//	channel.py     the result channel: one request in, frames out
//	run.py         one script from its text to its answer
//	series.py      many cases of one script, one after the other
//	source.py      text → code; blocked imports, the courtesy check
//	syntax.py      a syntax error as Python prints it
//	scriptfile.py  the script as a file: its lines, and on disk where it is looked for
//	pytests.py     the script as a module that pytest imports itself
//	locales.py     C.UTF-8 for the locale module
//	home.py        environment, user, time zone, terminal, modules beside the script
//	devices.py     /dev/stdin and the like, for scripts that name them
//	entry.py       what a request asks for beside main(input); programs
//	ends.py        what follows a script: threads, atexit, destructors
//	signals.py     signals that a script sends to itself
//	locks.py       semaphores and flock, within the process
//	processes.py   os.system, and how libraries take threads for processes
//	changes.py     libraries that are changed when they are loaded
//	result.py      JSON in and out; why a value is none
//	ways.py        what would make JSON of it; known.py has the kinds of values
//	convert.py     values that are no JSON become some: the walk through them, and its bounds
//	kinds.py       the rules for that, by type
//	figures.py     matplotlib's figures: shown, in the value, left open
//	fonts.py       Chinese, Japanese and Korean in plots
//	display.py     display(), and the forms of a value that is not JSON
//	libraries.py   what libraries are told when they are imported
//	attached.py    what comes back beside the value, and its bounds
//	files.py       the caller's files in, the script's files out
//	streams.py     descriptors 0, 1 and 2
//	faults.py      exceptions in the words of the answer
//	denials.py     which exception is a refusal of the sandbox
//	randomness.py  no two runs share random numbers
//	forkhooks.py   what libraries have done at each fork, less what is for other forks than these
//	native.py      extension modules where memory is nearly used up
//	mappings.py    mmap.mmap, whose anonymous memory is private here
//	reserve.py     room for telling that memory is used up
//
// # Words on the wire
//
// The frames are those of package zygote. An 'E' frame is a JSON object. What is
// text in it goes to the caller, and for these words the server has sentences:
//
//	status  main_missing import_blocked syntax_error not_json script_error exited timeout
//	        memory_limit result_limit file_limit killed; internal is a fault of ours
//	error   of result_limit: bytes, depth; of file_limit: files, or nothing; of exited: the code
//	        of killed: the number of the signal; of timeout: the thread that was waited for
//	limit   tmp open_files threads stack; of timeout: threads atexit, what was waited for
//	denied  network process signal identity files absent read_only owner attributes
//	        truncation links kernel: the keys of refusals in package runtime
//	way     to make JSON of a value: finite copy key twice, or a word of ways.py, with "+" where what
//	        is inside becomes text: keys of ways in package runtime
//	ran     whether anything of the script was executed
//	over    in a series: whether the process ends behind this answer
//
// # What a script can reach of it
//
// All of it: script and harness share a process, and nothing in Python is a
// border. The kernel is. What the harness does so that it is not in the way, and
// answers as it should whatever the script does by accident or for fun:
//
//   - its modules are in no sys.modules and have a copy of the builtins;
//   - what it needs after the script was taken beforehand, as private names
//     (_write, _exit, _len), and attributes of exceptions and types are read as
//     the interpreter has them, not as a class of the script's says;
//   - it holds nothing of another caller: a process has one script, then ends.
//
// A script that takes the harness over can write what it likes to its own end of
// the channel, and so change the answer to itself. The server believes none of it:
// it checks frames, sizes, JSON and names.
package harness
