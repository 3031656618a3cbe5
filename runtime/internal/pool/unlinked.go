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
	dir := filepath.Join(process, "fd")
	open, err := os.ReadDir(dir)
	if err != nil {
		return 0 // gone; its files went with it
	}
	seen := map[uint64]bool{}
	for _, fd := range open {
		info, err := os.Stat(filepath.Join(dir, fd.Name()))
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Nlink == 0 && !seen[st.Ino] {
			seen[st.Ino] = true
			bytes += info.Size()
		}
	}
	maps, err := os.Open(filepath.Join(process, "maps"))
	if err != nil {
		return bytes
	}
	defer maps.Close()
	whole := shortLines(maps, maxMapsBytes, func(line string) {
		if ino := mappedUnlinked(line); ino != 0 && !seen[ino] {
			seen[ino] = true
			bytes += most
		}
	})
	if !whole {
		return 1 << 60 // more than any limit: nobody can say what that maps
	}
	return bytes
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
