package program

import (
	"encoding/json"
	"fmt"
	"io/fs"
)

// Prelude is what is put before each program of the set, empty if it shares
// nothing: NUMBERS, the numbers of the system calls by name on this architecture,
// and the text of the shared files, in their order.
func (s Set) Prelude() (string, error) {
	if len(s.Shared) == 0 {
		return "", nil
	}
	table, err := json.Marshal(numbers)
	if err != nil {
		return "", err
	}
	prelude := fmt.Sprintf("NUMBERS = %s\n", table)
	for _, name := range s.Shared {
		source, err := fs.ReadFile(s.Files, name)
		if err != nil {
			return "", err
		}
		prelude += string(source) + "\n"
	}
	return prelude, nil
}
