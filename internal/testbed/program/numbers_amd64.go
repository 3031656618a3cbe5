package program

import (
	"maps"

	"golang.org/x/sys/unix"
)

func init() {
	maps.Copy(numbers, map[string]int{
		"alarm":        unix.SYS_ALARM,
		"arch_prctl":   unix.SYS_ARCH_PRCTL,
		"chown":        unix.SYS_CHOWN,
		"epoll_create": unix.SYS_EPOLL_CREATE,
		"fork":         unix.SYS_FORK,
		"getpgrp":      unix.SYS_GETPGRP,
		"inotify_init": unix.SYS_INOTIFY_INIT,
		"ioperm":       unix.SYS_IOPERM,
		"iopl":         unix.SYS_IOPL,
		"lchown":       unix.SYS_LCHOWN,
		"mknod":        unix.SYS_MKNOD,
		"modify_ldt":   unix.SYS_MODIFY_LDT,
		"open":         unix.SYS_OPEN,
		"signalfd":     unix.SYS_SIGNALFD,
		"sysfs":        unix.SYS_SYSFS,
		"uselib":       unix.SYS_USELIB,
		"ustat":        unix.SYS_USTAT,
		"vfork":        unix.SYS_VFORK,
	})
}
