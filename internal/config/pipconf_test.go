package config

import (
	"errors"
	"strings"
	"testing"
)

// Where packages come from is read where pip reads it; the environment wins.
func TestPipConf(t *testing.T) {
	files := map[string]string{
		"machine": "# a comment\n[global]\nindex-url = https://machine.example/simple\ncert: " +
			"/machine.pem\n[install]\nno_index = true\n[list]\nindex-url = https://wrong.example\n",
		"user": "[global]\nindex-url=https://user.example/simple\nnonsense\nextra-index-url =\n    " +
			"https://one.example/\n\thttps://two.example/\ntrusted-host = one\n",
		"named": "[install]\nindex-url = https://named.example/simple\n[global]\nindex-url = " +
			"https://less.example/simple\nfind-links = /wheels /more\n",
	}
	read := func(name string) ([]byte, error) {
		if text, ok := files[name]; ok {
			return []byte(text), nil
		}
		return nil, errors.New("no such file")
	}
	show := func(files []string, environ ...string) string {
		t.Helper()
		cfg, err := Parse(withPipConf(environ, files, read), roomy)
		if err != nil {
			t.Fatal(err)
		}
		var shown []string
		for _, s := range settings {
			if text := s.kind.show(&cfg); strings.HasPrefix(s.Name, "PIP_") && text != "" && text != "0" {
				shown = append(shown, s.Name+"="+text)
			}
		}
		return strings.Join(shown, "\n")
	}
	all := []string{"machine", "nowhere", "user", "named"}
	want := `PIP_INDEX_URL=https://named.example/simple
PIP_EXTRA_INDEX_URL=https://one.example/ https://two.example/
PIP_FIND_LINKS=/wheels /more
PIP_NO_INDEX=1
PIP_TRUSTED_HOST=one
PIP_CERT=/machine.pem`
	if got := show(all, "PIP_INDEX_URL="); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	want = strings.Replace(strings.Replace(want, "named.example/simple", "environment.example", 1),
		"PIP_NO_INDEX=1\n", "", 1)
	if got := show(all, "PIP_INDEX_URL=https://environment.example", "PIP_NO_INDEX=0"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := show(all[:1]); !strings.Contains(got, "machine.example") {
		t.Errorf("got\n%s", got)
	}
	if got := show(nil); got != "" {
		t.Errorf("without files: %s", got)
	}
}

func TestPipConfFiles(t *testing.T) {
	t.Setenv("HOME", "/home/me")
	t.Setenv("XDG_CONFIG_HOME", "/config")
	t.Setenv("PIP_CONFIG_FILE", "/more.conf")
	if got := strings.Join(pipConfFiles(),
		" "); got != "/etc/xdg/pip/pip.conf /etc/pip.conf /home/me/.pip/pip.conf /config/pip/pip.conf /more.conf" {
		t.Error(got)
	}
	t.Setenv("PIP_CONFIG_FILE", "/dev/null")
	if got := pipConfFiles(); got != nil {
		t.Error(got)
	}
}

// A secret in a URL that makes no sense is not repeated.
func TestSecretIsNotRepeated(t *testing.T) {
	_, err := Parse([]string{"PIP_INDEX_URL=ftp://me:secret@index.example/"}, roomy)
	if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "PIP_INDEX_URL") {
		t.Errorf("got %v", err)
	}
}
