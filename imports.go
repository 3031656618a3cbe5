package pyexec

// blockedModule is a module that scripts are told not to import, and why.
type blockedModule struct {
	name, reason string
}

// blockedModules is the default of BLOCKED_IMPORTS. The check is a courtesy:
// whoever imports one of these gets a clear sentence before the run instead of
// a PermissionError in the middle of it. The kernel is the boundary, with or
// without this list, so a module belongs here only if importing it cannot lead
// anywhere. Modules with honest uses in a sandbox stay off the list although
// other services block them:
//
//   - sys: reading sys.stdin is how a script gets its standard input
//   - shutil, tempfile, pathlib, glob: a run has a /tmp of its own
//   - importlib: importlib.util.find_spec asks which packages there are
//   - http, urllib: http.HTTPStatus and urllib.parse need no network
//   - asyncio, threading, concurrent, signal: threads and timers work
//   - sqlite3, zoneinfo: they work on what the run has
var blockedModules = []blockedModule{
	{"os", "the contract: a run has no environment, no processes and no files but /tmp"},
	{"posix", "what os is made of"},

	{"subprocess", "starting programs is refused"},
	{"multiprocessing", "starting processes is refused; threads are not"},
	{"pty", "starts a program on a terminal of its own"},

	{"socket", "there is no network; asyncio finds what it needs by itself"},
	{"socketserver", "there is no network"},
	{"ssl", "there is no network"},
	{"ftplib", "there is no network"},
	{"imaplib", "there is no network"},
	{"nntplib", "there is no network"},
	{"poplib", "there is no network"},
	{"smtplib", "there is no network"},
	{"telnetlib", "there is no network"},
	{"xmlrpc", "there is no network"},
	{"wsgiref", "there is no network"},
	{"webbrowser", "there is no browser"},
	{"antigravity", "opens a browser"},

	{"ctypes", "calls native code, which can do nothing here but crash"},
	{"syslog", "there is no log daemon"},

	{"curses", "there is no terminal"},
	{"termios", "there is no terminal"},
	{"tty", "there is no terminal"},
	{"tkinter", "there is no display"},
	{"turtle", "there is no display"},
	{"idlelib", "there is no display"},

	{"pip", "packages come with the deployment, not with a script"},
	{"ensurepip", "packages come with the deployment, not with a script"},
	{"venv", "packages come with the deployment, not with a script"},
}

// defaultBlocked are the names of blockedModules.
func defaultBlocked() []string {
	names := make([]string, len(blockedModules))
	for i, m := range blockedModules {
		names[i] = m.name
	}
	return names
}

// defaultPreload is the default of PRELOAD: what scripts import often, and
// asyncio for async def main. Forking is no slower for them (the benchmark
// says); each takes a little of the start and spares the runs its import.
const defaultPreload = "json,math,re,random,datetime,collections,itertools,functools,string,time,typing," +
	"dataclasses,enum,copy,operator,contextlib,decimal,fractions,statistics,hashlib,base64,textwrap,heapq,bisect," +
	"asyncio,threading,concurrent.futures,csv,tempfile,zoneinfo,urllib.parse,pathlib,uuid,secrets"
