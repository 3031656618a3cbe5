package sandbox

import "golang.org/x/sys/unix"

// archAttributeCalls are the older names of Attributes.
var archAttributeCalls = []uintptr{unix.SYS_CHMOD, unix.SYS_UTIME, unix.SYS_UTIMES, unix.SYS_FUTIMESAT}

// archLinkCalls are the older names of Links.
var archLinkCalls = []uintptr{unix.SYS_LINK}

// archCalls are the older names that glibc and CPython still use on x86-64.
var archCalls = []allowed{
	{call: unix.SYS_OPEN}, {call: unix.SYS_STAT}, {call: unix.SYS_LSTAT}, {call: unix.SYS_NEWFSTATAT},
	{call: unix.SYS_ACCESS}, {call: unix.SYS_READLINK}, {call: unix.SYS_MKDIR}, {call: unix.SYS_RMDIR},
	{call: unix.SYS_UNLINK}, {call: unix.SYS_RENAME}, {call: unix.SYS_RENAMEAT}, {call: unix.SYS_LINK},
	{call: unix.SYS_SYMLINK}, {call: unix.SYS_CHMOD}, {call: unix.SYS_UTIMES}, {call: unix.SYS_UTIME},
	{call: unix.SYS_FUTIMESAT}, {call: unix.SYS_GETDENTS}, {call: unix.SYS_DUP2}, {call: unix.SYS_PIPE},
	{call: unix.SYS_POLL}, {call: unix.SYS_SELECT}, {call: unix.SYS_EPOLL_CREATE}, {call: unix.SYS_EPOLL_WAIT},
	{call: unix.SYS_EVENTFD}, {call: unix.SYS_ALARM}, {call: unix.SYS_PAUSE}, {call: unix.SYS_TIME},
	{call: unix.SYS_GETPGRP}, {call: unix.SYS_GETRLIMIT}, {call: unix.SYS_SETRLIMIT},
	{call: unix.SYS_ARCH_PRCTL}, // the dynamic loader, for thread-local storage
}
