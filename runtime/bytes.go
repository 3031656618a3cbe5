package runtime

import "strconv"

// Bytes is a number of bytes for people to read.
type Bytes int64

// String is the number in the largest unit that leaves it whole: "512 MiB",
// "1000 bytes".
func (n Bytes) String() string {
	units := []string{"bytes", "KiB", "MiB", "GiB"}
	i := 0
	for i < len(units)-1 && n >= 1024 && n%1024 == 0 {
		n /= 1024
		i++
	}
	return strconv.FormatInt(int64(n), 10) + " " + units[i]
}
