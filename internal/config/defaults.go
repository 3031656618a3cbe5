package config

import "strings"

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
	{"os", "the contract: a run has no environment of the server, no processes and no files but /tmp"},
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

// preloaded is a module that the default of PRELOAD imports beforehand. What it
// costs is paid at the start and in the memory that all workers share; forking is
// no slower for it (the benchmarks say). Every run that imports it is spared the
// time.
type preloaded struct {
	name, reason string
}

// standardPreload is the part of the standard library: what scripts import often.
var standardPreload = strings.Split("json,math,re,random,datetime,collections,itertools,functools,string,time,typing,"+
	"dataclasses,enum,copy,operator,contextlib,decimal,fractions,statistics,hashlib,base64,textwrap,heapq,bisect,"+
	"asyncio,threading,concurrent.futures,csv,tempfile,zoneinfo,urllib.parse,pathlib,uuid,secrets", ",")

// packagePreload is the part of installed packages, as far as they are: what
// takes long to import and many scripts use. The bound is the first answer after
// a cold start, 1.5 s with all of these. What only some scripts use has to be
// asked for with PRELOAD: scipy.stats alone doubles the time of the start.
var packagePreload = []preloaded{
	{"numpy", "under nearly all of the others"},
	{"numpy.random", "loaded when first used, and has to be there to be seeded anew in every fork"},
	{"pandas", "the most frequent of all, and the slowest to import; it brings pyarrow with it where that is " +
		"installed"},
	{"matplotlib.pyplot", "0.3 s, and makes figures that are returned without being asked for"},
	{"matplotlib.backends.backend_agg", "loaded with the first figure"},
	{"threadpoolctl", "small, and not at home where /proc can't be read: see the zygote's rehearsals"},
}

// installedPreload are the names of packagePreload.
func installedPreload() []string {
	names := make([]string, len(packagePreload))
	for i, m := range packagePreload {
		names[i] = m.name
	}
	return names
}
