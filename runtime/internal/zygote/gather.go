package zygote

import (
	"encoding/binary"
	"os"
)

// writtenAtOnce is how much of a request is put together to be written in one
// call. What is larger is written from where it is: a copy of each request
// under way would be as much memory again.
const writtenAtOnce = 64 << 10

// gather writes a request whose parts are anywhere in memory.
type gather struct {
	to  *os.File
	b   []byte // what is to be written first
	err error
}

func (g *gather) text(s string) {
	if g.fits(len(s)) {
		g.b = append(g.b, s...)
	} else if g.err == nil {
		_, g.err = g.to.WriteString(s)
	}
}

func (g *gather) bytes(p []byte) {
	if g.fits(len(p)) {
		g.b = append(g.b, p...)
	} else if g.err == nil {
		_, g.err = g.to.Write(p)
	}
}

// files adds files in the layout of files.py.
func (g *gather) files(files []File) {
	for _, f := range files {
		g.fits(8)
		g.b = binary.BigEndian.AppendUint32(g.b, uint32(len(f.Name)))
		g.b = binary.BigEndian.AppendUint32(g.b, uint32(len(f.Data)))
		g.text(f.Name)
		g.bytes(f.Data)
	}
}

// fits says whether n bytes more can be put together. If not, nothing waits to
// be written any more.
func (g *gather) fits(n int) bool {
	if len(g.b)+n <= writtenAtOnce {
		return true
	}
	_ = g.flush() // kept in err
	return n <= writtenAtOnce/2
}

func (g *gather) flush() error {
	if g.err == nil && len(g.b) > 0 {
		_, g.err = g.to.Write(g.b)
	}
	g.b = g.b[:0]
	return g.err
}
