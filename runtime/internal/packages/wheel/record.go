package wheel

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/csv"
	"errors"
	"fmt"
	"hash"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
)

// recordBytes bounds the file RECORD: a line for each of the files.
const recordBytes = 32 << 20

// moreRecorded is how many files RECORD may name that are not there: directories, and
// what is beside it.
const moreRecorded = 1000

// recorded is what RECORD says of a file.
type recorded struct {
	algorithm, sum string
	size           int64 // -1 where it is not given
}

// algorithms are those that a RECORD may use.
var algorithms = map[string]func() hash.Hash{"sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New}

// unrecorded are files that can't be in RECORD, or need not.
var unrecorded = []string{"RECORD", "RECORD.jws", "RECORD.p7s"}

// readRecord reads RECORD, which must name the files that are there and no other
// ones.
func (w *Wheel) readRecord() error {
	text, err := w.read("RECORD", recordBytes)
	if err != nil {
		return err
	}
	w.record = make(map[string]recorded)
	lines := csv.NewReader(bytes.NewReader(text))
	lines.ReuseRecord = true
	for {
		f, err := lines.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil && len(f) != 3 {
			err = fmt.Errorf("%d columns", len(f))
		}
		if err != nil {
			return fmt.Errorf("RECORD: %w", err)
		}
		if len(w.record) > len(w.entries)+moreRecorded {
			return errors.New("RECORD: names many more files than are in it")
		}
		r := recorded{size: -1}
		r.algorithm, r.sum, _ = strings.Cut(f[1], "=")
		if f[2] != "" {
			if r.size, err = strconv.ParseInt(f[2], 10, 64); err != nil {
				return fmt.Errorf("RECORD: %.200q: %w", f[0], err)
			}
		}
		w.record[strings.Clone(f[0])] = r
	}
	for _, e := range w.entries {
		r, ok := w.record[e.Name]
		switch {
		case path.Dir(e.Name) == w.info && slices.Contains(unrecorded, path.Base(e.Name)):
		case !ok:
			return fmt.Errorf("%q is not in RECORD", e.Name)
		case algorithms[r.algorithm] == nil:
			return fmt.Errorf("%q has no hash in RECORD that is strong enough: %.20q", e.Name, r.algorithm)
		case r.size >= 0 && uint64(r.size) != e.UncompressedSize64:
			return fmt.Errorf("%q has %d bytes, by RECORD %d", e.Name, e.UncompressedSize64, r.size)
		}
	}
	return w.missing()
}

// missing names a file that RECORD has and the archive has not.
func (w *Wheel) missing() error {
	there := make(map[string]bool, len(w.entries))
	for _, e := range w.entries {
		there[e.Name] = true
	}
	for name := range w.record {
		if !there[name] && !strings.HasSuffix(name, "/") && path.Dir(name) != w.info {
			return fmt.Errorf("%q of RECORD is not in it", name)
		}
	}
	return nil
}

// sum is a hash as RECORD writes it.
func sum(h hash.Hash) string { return base64.RawURLEncoding.EncodeToString(h.Sum(nil)) }
