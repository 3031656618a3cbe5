package config

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// kind is how a setting's text becomes a field of Config and back. The error
// of set is the cause alone; the caller knows the name and the value.
type kind struct {
	accepts      string // in words, for errors and documentation
	unit         string // of a number
	emptyIsValue bool
	set          func(c *Config, text string) error
	show         func(c *Config) string
	redact       func(text string) string // where the text may hold a secret
}

// number is a whole number of unit between low and high, stored times scale.
func number[T int | int64](unit string, low, high, scale T, field func(*Config) *T) kind {
	accepts := strings.TrimSpace(fmt.Sprintf("%d to %d %s", low, high, unit))
	return kind{
		accepts: accepts,
		unit:    unit,
		set: func(c *Config, text string) error {
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil || n < int64(low) || n > int64(high) {
				return errors.New("must be a whole number, " + accepts)
			}
			*field(c) = T(n) * scale
			return nil
		},
		show: func(c *Config) string { return strconv.FormatInt(int64(*field(c)/scale), 10) },
	}
}

// duration is a Go duration or a plain number of seconds, and a multiple of
// step.
func duration(low, high, step time.Duration, field func(*Config) *time.Duration) kind {
	accepts := fmt.Sprintf("%s to %s", shortDuration(low), shortDuration(high))
	if step >= time.Second {
		accepts += ", whole seconds"
	}
	return kind{
		accepts: accepts,
		unit:    "seconds",
		set: func(c *Config, text string) error {
			d, ok := parseDuration(text)
			if !ok || d < low || d > high || d%step != 0 {
				return errors.New("must be a duration such as 30s or a number of seconds, " + accepts)
			}
			*field(c) = d
			return nil
		},
		show: func(c *Config) string { return shortDuration(*field(c)) },
	}
}

func parseDuration(text string) (time.Duration, bool) {
	if d, err := time.ParseDuration(text); err == nil {
		return d, true
	}
	s, err := strconv.ParseFloat(text, 64)
	// The comparison is false for NaN, and keeps the product inside int64.
	if err != nil || !(math.Abs(s) < 1e9) {
		return 0, false
	}
	return time.Duration(math.Round(s * float64(time.Second))), true
}

// shortDuration is d.String without the zeros at its end: 1h, not 1h0m0s.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// modules is a comma-separated list of Python module names.
func modules(accepts string, dotted bool, field func(*Config) *[]string) kind {
	return kind{
		accepts:      accepts,
		emptyIsValue: true,
		set: func(c *Config, text string) error {
			names := []string{} // not nil, which is "not given"
			for name := range strings.SplitSeq(text, ",") {
				name = strings.TrimSpace(name)
				if name == "" {
					continue
				}
				if !isModule(name, dotted) {
					return fmt.Errorf("%q is no name of a module; accepted are %s", name, accepts)
				}
				names = append(names, name)
			}
			*field(c) = names
			return nil
		},
		show: func(c *Config) string { return strings.Join(*field(c), ",") },
	}
}

// isModule accepts ASCII identifiers, joined by dots where dotted is allowed.
func isModule(name string, dotted bool) bool {
	parts := []string{name}
	if dotted {
		parts = strings.Split(name, ".")
	}
	for _, part := range parts {
		for i, r := range part {
			letter := r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
			if !letter && (i == 0 || r < '0' || r > '9') {
				return false
			}
		}
		if part == "" {
			return false
		}
	}
	return true
}

// choice is a choice of two words; the second one means true.
func choice(no, yes string, field func(*Config) *bool) kind {
	accepts := "`" + no + "` or `" + yes + "`"
	return kind{
		accepts: accepts,
		set: func(c *Config, text string) error {
			if text != no && text != yes {
				return fmt.Errorf("must be %s or %s", no, yes)
			}
			*field(c) = text == yes
			return nil
		},
		show: func(c *Config) string {
			if *field(c) {
				return yes
			}
			return no
		},
	}
}

// oneOf is a choice of several words.
func oneOf(field func(*Config) *string, words ...string) kind {
	list := strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
	return kind{
		accepts: "`" + strings.NewReplacer(", ", "`, `", " or ", "` or `").Replace(list) + "`",
		set: func(c *Config, text string) error {
			if !slices.Contains(words, text) {
				return errors.New("must be " + list)
			}
			*field(c) = text
			return nil
		},
		show: func(c *Config) string { return *field(c) },
	}
}

// word takes anything that holds no white space.
func word(accepts string, field func(*Config) *string) kind {
	return kind{
		accepts: accepts,
		set: func(c *Config, text string) error {
			if strings.ContainsAny(text, " \t\r\n") {
				return fmt.Errorf("must be %s", accepts)
			}
			*field(c) = text
			return nil
		},
		show: func(c *Config) string { return *field(c) },
	}
}

// absolutePath takes an absolute path or nothing.
func absolutePath(field func(*Config) *string) kind {
	const accepts = "an absolute path"
	return kind{
		accepts: accepts,
		set: func(c *Config, text string) error {
			if text != "" && !filepath.IsAbs(text) {
				return errors.New("must be " + accepts)
			}
			*field(c) = text
			return nil
		},
		show: func(c *Config) string { return *field(c) },
	}
}

// existingPath takes a path to something that is there, from the working directory on unless it is absolute.
func existingPath(field func(*Config) *string) kind {
	return kind{
		accepts: "a path to a file or directory",
		set: func(c *Config, text string) error {
			if text == "" {
				*field(c) = ""
				return nil
			}
			full, err := filepath.Abs(text)
			if err != nil {
				return err
			}
			if _, err := os.Stat(full); err != nil {
				if pe, ok := errors.AsType[*os.PathError](err); ok {
					err = pe.Err
				}
				return fmt.Errorf("%s: %w", full, err)
			}
			*field(c) = full
			return nil
		},
		show: func(c *Config) string { return *field(c) },
	}
}
