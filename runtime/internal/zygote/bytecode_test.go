package zygote

import (
	"net"
	"os"
	"strings"
	"testing"
)

// kept is a ByteCode that has nothing and notes what it is given.
type kept struct{ code []byte }

func (k *kept) Find([]byte) []byte  { return nil }
func (k *kept) Keep(_, code []byte) { k.code = code }

// An interpreter that says how much byte code it sends is believed within bounds, and
// none that can't be a length ends the server.
func TestHandOver(t *testing.T) {
	for _, tt := range []struct{ name, length, code, want string }{
		{"as many", "4", "code", ""},
		{"none", "0", "", ""},
		{"negative", "-1", "", `zygote: greet: byte code: length "-1"`},
		{"most negative", "-9223372036854775808", "", `zygote: greet: byte code: length "-9223372036854775808"`},
		{"too many", "10485761", "", `zygote: greet: byte code: length "10485761"`},
		{"more than a number", strings.Repeat("9", 30), "",
			`zygote: greet: byte code: length "` + strings.Repeat("9", 20) + `"`},
		{"no number", "four", "", `zygote: greet: byte code: length "four"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			to := &kept{}
			z := &Zygote{cfg: Config{ByteCode: to}}
			far, err := z.connect()
			if err != nil {
				t.Fatal(err)
			}
			defer z.conn.Close()
			interpreter := conn(t, far)
			for _, message := range []string{tt.length, tt.code} {
				if message == "" {
					continue
				}
				if _, err := interpreter.Write([]byte(message)); err != nil {
					t.Fatal(err)
				}
			}
			err = z.handOver([]byte("text"), false)
			if got := told(err); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if string(to.code) != tt.code {
				t.Errorf("kept %q, want %q", to.code, tt.code)
			}
		})
	}
}

func told(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// conn is the interpreter's end of the sockets.
func conn(t *testing.T, far *os.File) net.Conn {
	t.Helper()
	c, err := net.FileConn(far)
	far.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
