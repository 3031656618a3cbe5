package zygote

import (
	"fmt"
	"strconv"
	"time"

	"github.com/pyexec/pyexec/runtime/internal/harness"
)

// ByteCode keeps the byte code of the harness from one start to the next.
type ByteCode interface {
	// Find returns the byte code for an interpreter that reads the version of this
	// number, nil if there is none.
	Find(magic []byte) []byte
	// Keep takes what Find is to return from now on. It returns at once.
	Keep(magic, code []byte)
}

// mostByteCode is how many bytes the byte code of the harness may have: some thirty times
// what it has.
const mostByteCode = 10 << 20

// byteCode waits for the interpreter, which says first what byte code it reads, and
// returns that of the harness, or if there is none its text.
func (z *Zygote) byteCode() (code []byte, compiled bool, err error) {
	if err := z.conn.SetReadDeadline(time.Now().Add(importWithin)); err != nil {
		return nil, false, fmt.Errorf("zygote: greet: %w", err)
	}
	if z.magic, err = z.message(); err != nil {
		return nil, false, err
	}
	if z.cfg.ByteCode != nil {
		if code = z.cfg.ByteCode.Find(z.magic); code != nil {
			return code, true, nil
		}
	}
	code, err = harness.Text()
	return code, false, err
}

// handOver sends what byteCode has returned, and takes the byte code that an interpreter
// makes of the text: before it imports anything of others, so that it is ours.
func (z *Zygote) handOver(code []byte, compiled bool) error {
	for len(code) > 0 {
		n := min(len(code), harness.Part)
		if _, err := z.conn.Write(code[:n]); err != nil {
			return fmt.Errorf("zygote: message: %w", err)
		}
		code = code[n:]
	}
	if compiled {
		return nil
	}
	length, err := z.message()
	if err != nil {
		return err
	}
	size, err := strconv.Atoi(string(length))
	if err != nil || size < 0 || size > mostByteCode {
		return fmt.Errorf("zygote: greet: byte code: length %.20q", length)
	}
	made := make([]byte, 0, size)
	for len(made) < size {
		part, err := z.message()
		if err != nil {
			return err
		}
		made = append(made, part...)
	}
	if z.cfg.ByteCode != nil {
		z.cfg.ByteCode.Keep(z.magic, made)
	}
	return nil
}

// message is the next one of the interpreter while it starts.
func (z *Zygote) message() ([]byte, error) {
	buf := make([]byte, harness.Part)
	n, err := z.conn.Read(buf)
	if err != nil {
		return nil, fmt.Errorf("zygote: greet: %w", err)
	}
	return buf[:n], nil
}
