package config

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pyexec/pyexec/runtime"
)

// pipKeys are the options of pip.conf that are read, and the settings they are.
// Where packages come from is written down in pip's way on many machines, so
// that is what is understood here, though it is not pip that installs them.
var pipKeys = map[string]string{
	"index-url": "PIP_INDEX_URL", "extra-index-url": "PIP_EXTRA_INDEX_URL", "find-links": "PIP_FIND_LINKS",
	"no-index": "PIP_NO_INDEX", "trusted-host": "PIP_TRUSTED_HOST", "cert": "PIP_CERT",
}

// pipConfFiles lists pip's configuration files, the one that wins last.
func pipConfFiles() []string {
	named := os.Getenv("PIP_CONFIG_FILE")
	if named == os.DevNull {
		return nil
	}
	files := []string{"/etc/xdg/pip/pip.conf", "/etc/pip.conf"}
	if home, err := os.UserHomeDir(); err == nil {
		files = append(files, filepath.Join(home, ".pip", "pip.conf"))
	}
	if dir, err := os.UserConfigDir(); err == nil {
		files = append(files, filepath.Join(dir, "pip", "pip.conf"))
	}
	if named != "" {
		files = append(files, named)
	}
	return files
}

// withPipConf puts the sections global and install of pip.conf files in front of
// the entries of an environment: the last entry of a name wins, unless it is empty.
// A file that can't be read is left out.
func withPipConf(environ, files []string, read func(string) ([]byte, error)) []string {
	var all []string
	for _, file := range files {
		text, err := read(file)
		if err != nil {
			continue
		}
		values := parseINI(string(text))
		for _, section := range []string{"global", "install"} {
			for key, name := range pipKeys {
				if value, ok := values[section+"."+key]; ok {
					all = append(all, name+"="+value)
				}
			}
		}
	}
	for _, entry := range environ {
		if name, value, _ := strings.Cut(entry, "="); value != "" || !strings.HasPrefix(name, "PIP_") {
			all = append(all, entry)
		}
	}
	return all
}

// parseINI reads lines key = value below [section] as section.key. A line that
// begins with a space goes on with the value before, after a space.
func parseINI(text string) map[string]string {
	values := make(map[string]string)
	section, last := "", ""
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "" || trimmed[0] == '#' || trimmed[0] == ';':
		case (line[0] == ' ' || line[0] == '\t') && last != "":
			values[last] = strings.TrimSpace(values[last] + " " + trimmed)
		case trimmed[0] == '[':
			section, last = strings.Trim(trimmed, "[]"), ""
		default:
			i := strings.IndexAny(trimmed, "=:")
			if i < 0 {
				continue
			}
			last = section + "." + strings.ReplaceAll(strings.ToLower(strings.TrimSpace(trimmed[:i])), "_", "-")
			values[last] = strings.TrimSpace(trimmed[i+1:])
		}
	}
	return values
}

// pipURLs is one URL of an index or, with a field for many, some of them. They
// are shown without their passwords.
func pipURLs(one func(*Config) *string, many func(*Config) *[]string) kind {
	accepts := "a URL of http or https"
	if many != nil {
		accepts = "URLs of http or https, with spaces between"
	}
	list := func(c *Config) []string {
		if many != nil {
			return *many(c)
		}
		return strings.Fields(*one(c))
	}
	return kind{
		accepts: accepts,
		set: func(c *Config, text string) error {
			fields := strings.Fields(text)
			for _, field := range fields {
				u, err := url.Parse(field)
				if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
					return errors.New("must be " + accepts)
				}
			}
			switch {
			case many != nil:
				*many(c) = fields
			case len(fields) > 1:
				return errors.New("must be " + accepts)
			default:
				*one(c) = strings.Join(fields, "")
			}
			return nil
		},
		show:   func(c *Config) string { return redactURLs(strings.Join(list(c), " ")) },
		redact: redactURLs,
	}
}

// redactURLs takes the secrets out of URLs among words with spaces between.
func redactURLs(text string) string {
	fields := strings.Fields(text)
	for i, u := range fields {
		if strings.Contains(u, "://") { // not a path, not a host
			fields[i] = runtime.RedactURL(u)
		}
	}
	return strings.Join(fields, " ")
}

// pipWords is a list with spaces between.
func pipWords(accepts string, field func(*Config) *[]string) kind {
	return kind{
		accepts: accepts,
		set: func(c *Config, text string) error {
			*field(c) = strings.Fields(text)
			return nil
		},
		show:   func(c *Config) string { return redactURLs(strings.Join(*field(c), " ")) },
		redact: redactURLs,
	}
}

// pipBool is yes or no in the words that pip takes for it.
func pipBool(field func(*Config) *bool) kind {
	yes, no := []string{"1", "true", "yes", "on"}, []string{"", "0", "false", "no", "off"}
	return kind{
		accepts: "`1` or `0`",
		set: func(c *Config, text string) error {
			text = strings.ToLower(text)
			if !slices.Contains(yes, text) && !slices.Contains(no, text) {
				return fmt.Errorf("must be one of %s", strings.Join(append(slices.Clone(yes), no[1:]...), ", "))
			}
			*field(c) = slices.Contains(yes, text)
			return nil
		},
		show: func(c *Config) string {
			if *field(c) {
				return "1"
			}
			return "0"
		},
	}
}
