package sandbox

import "golang.org/x/sys/unix"

// archAttributeCalls are the older names of Attributes: arm64 has none.
var archAttributeCalls []uintptr

// archLinkCalls are the older names of Links: arm64 has none.
var archLinkCalls []uintptr

// archCalls are the names that differ on arm64, whose table has no old calls.
var archCalls = []allowed{
	{call: unix.SYS_NEWFSTATAT}, {call: unix.SYS_RENAMEAT}, {call: unix.SYS_GETRLIMIT}, {call: unix.SYS_SETRLIMIT},
}
