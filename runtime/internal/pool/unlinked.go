package pool

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// unlinked is the size of the files that a process, by its directory in /proc,
// uses and that no directory shows any more, each counted once: those that it
// holds open, and at most bytes for each that it has only mapped, whose size
// nothing tells.
func unlinked(process string, most int64) (bytes int64) {
	open := openUnlinked(process)
	for _, size := range open {
		bytes += size
	}
	mapped, ok := mappedAlone(process, open)
	if !ok {
		return 1 << 60 // more than any limit: nobody can say what that maps
	}
	// The two lists are of different moments: a file may have been opened after the
	// one and mapped before the other, and closed again while the next look is on its
	// way. Only what is mapped each time and never open is held by its mapping.
	for look := 1; look < looks && len(mapped) > 0; look++ {
		open = openUnlinked(process)
		again, _ := mappedAlone(process, nil)
		for ino := range mapped {
			size, isOpen := open[ino]
			if isOpen {
				bytes += size
			}
			if isOpen || !again[ino] {
				delete(mapped, ino)
			}
		}
	}
	return bytes + int64(len(mapped))*most
}

// looks is how often a file has to be seen mapped and not open. In between a script
// that opens, maps and closes small files as fast as it can is met at every second
// look at most.
const looks = 16

// openUnlinked returns the sizes of the files without a name that the process has
// open, by inode.
func openUnlinked(process string) map[uint64]int64 {
	dir := filepath.Join(process, "fd")
	open, err := os.ReadDir(dir)
	if err != nil {
		return nil // gone; its files went with it
	}
	sizes := map[uint64]int64{}
	for _, fd := range open {
		info, err := os.Stat(filepath.Join(dir, fd.Name()))
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Nlink == 0 {
			sizes[st.Ino] = info.Size()
		}
	}
	return sizes
}

// mappedAlone returns the inodes of the files without a name that the process has
// mapped and that are not among open. It reports whether the list was not too long
// to be read.
func mappedAlone(process string, open map[uint64]int64) (alone map[uint64]bool, ok bool) {
	list, err := os.Open(filepath.Join(process, "maps"))
	if err != nil {
		return nil, true
	}
	defer list.Close()
	alone = map[uint64]bool{}
	ok = shortLines(list, maxMapsBytes, func(line string) {
		if ino := mappedUnlinked(line); ino != 0 {
			if _, isOpen := open[ino]; !isOpen {
				alone[ino] = true
			}
		}
	})
	return alone, ok
}

// maxMapsBytes is how long the list of what a process maps may be. The script decides
// about the number of lines and, by names of directories, about their length.
const maxMapsBytes = 8 << 20

// shortLines calls line with each line that r has, of long ones with the beginning
// and the end. It reports whether there were no more than most bytes.
func shortLines(r io.Reader, most int64, line func(string)) (whole bool) {
	limited := &io.LimitedReader{R: r, N: most}
	lines := bufio.NewReaderSize(limited, 16<<10)
	for {
		text, err := lines.ReadSlice('\n')
		begin, end := string(text), ""
		if err == bufio.ErrBufferFull { // of more than two ends
			begin, end = begin[:endsOfLine], begin[len(begin)-endsOfLine:]
		}
		for err == bufio.ErrBufferFull {
			text, err = lines.ReadSlice('\n')
			end += string(text)
			end = end[max(0, len(end)-endsOfLine):]
		}
		if begin != "" {
			line(begin + end)
		}
		if err != nil {
			return limited.N > 0
		}
	}
}

// endsOfLine is what is kept of either end of a long line.
const endsOfLine = 256

// mappedUnlinked is the inode of a line of /proc/PID/maps if that is of a file
// without a name, and otherwise 0. Anonymous shared memory looks like one.
func mappedUnlinked(line string) uint64 {
	rest, deleted := strings.CutSuffix(line, " (deleted)\n")
	if !deleted {
		return 0
	}
	fields := strings.Fields(rest) // addresses, rights, offset, device, inode, path
	if len(fields) < 6 || len(fields) == 6 && fields[5] == "/dev/zero" {
		return 0
	}
	ino, err := strconv.ParseUint(fields[4], 10, 64)
	if err != nil {
		return 0
	}
	return ino
}
