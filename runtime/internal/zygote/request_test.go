package zygote

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// A request arrives whole, wherever the border is between what is put together
// and what is written from where it is, and no large part of it is copied.
func TestWriteRequest(t *testing.T) {
	sizes := []int{0, 1, writtenAtOnce / 2, writtenAtOnce - requestHeader, writtenAtOnce, 3 * writtenAtOnce}
	options := `{"entry":"f","args":["\u003c"]}`
	for _, script := range sizes {
		for _, input := range sizes {
			for _, file := range sizes {
				r := &Request{
					Script: strings.Repeat("s", script), Input: bytes.Repeat([]byte("i"), input), Stdin: "in",
					Timeout: time.Second, ReturnFiles: true, Options: Options{Entry: "f", Args: []string{"<"}},
					Files: []File{{"small", []byte("f")}, {"name", bytes.Repeat([]byte("d"), file)}, {"last", nil}},
				}
				got, _ := written(t, r)
				want := binary.BigEndian.AppendUint32(nil, uint32(script))
				for _, n := range []int{input, 2, len(options), 3*8 + 5 + 1 + 4 + file + 4} {
					want = binary.BigEndian.AppendUint32(want, uint32(n))
				}
				want = binary.BigEndian.AppendUint64(append(want, 1), math.Float64bits(1))
				want = append(append(append(append(want, r.Script...), r.Input...), r.Stdin...), options...)
				for _, f := range r.Files {
					want = binary.BigEndian.AppendUint32(want, uint32(len(f.Name)))
					want = append(binary.BigEndian.AppendUint32(want, uint32(len(f.Data))), f.Name...)
					want = append(want, f.Data...)
				}
				if !bytes.Equal(got, want) {
					t.Errorf("script of %d, input of %d, file of %d bytes: got %d bytes, want %d", script, input,
						file, len(got), len(want))
				}
			}
		}
	}
	large := make([]byte, 8<<20)
	if _, taken := written(t,
		&Request{Script: string(large), Input: large, Files: []File{{"f", large}}}); taken > 1<<20 {
		t.Errorf("%d bytes were taken to write a request of 24 MiB", taken)
	}
}

// written is what a worker would read of a request, but for a large one, and
// how much memory was taken to write it.
func written(t *testing.T, r *Request) (got []byte, taken uint64) {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	done := make(chan []byte)
	room := bytes.NewBuffer(make([]byte, 0, 2<<20))
	go func() {
		_, _ = io.CopyN(room, read, 1<<20)
		_, _ = io.Copy(io.Discard, read)
		done <- room.Bytes()
	}()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err = (&Worker{ctl: write}).writeRequest(r)
	runtime.ReadMemStats(&after)
	if err := write.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return <-done, after.TotalAlloc - before.TotalAlloc
}
