package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// accounts is a comma-separated list of accounts by their e-mail addresses.
func accounts(field func(*Config) *[]string) kind {
	const accepts = "e-mail addresses of accounts, separated by commas"
	return kind{
		accepts: accepts,
		set: func(c *Config, text string) error {
			var list []string
			for account := range strings.SplitSeq(text, ",") {
				account = strings.TrimSpace(account)
				if text != "" && !accountName.MatchString(account) {
					return fmt.Errorf("%q is no account; accepted are %s", account, accepts)
				}
				if account != "" {
					list = append(list, account)
				}
			}
			*field(c) = list
			return nil
		},
		show: func(c *Config) string { return strings.Join(*field(c), ",") },
	}
}

// accountName is what an e-mail address looks like.
var accountName = regexp.MustCompile(`^[^\s,@]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$`)

// hosts is a comma-separated list of names or addresses without a port, or the
// star for all.
func hosts(field func(*Config) *[]string) kind {
	const accepts = "names or addresses, separated by commas, or `*` for all"
	return kind{
		accepts: accepts,
		set: func(c *Config, text string) error {
			var list []string
			for host := range strings.SplitSeq(text, ",") {
				host = strings.TrimSpace(host)
				_, err := netip.ParseAddr(host)
				if host != "*" && err != nil && !hostName.MatchString(host) {
					return fmt.Errorf("%q is no name of a host; accepted are names or addresses without a port, "+
						"separated by commas, or * for all", host)
				}
				list = append(list, host)
			}
			if len(list) > 1 && slices.Contains(list, "*") {
				return errors.New("* stands alone: it means all")
			}
			*field(c) = list
			return nil
		},
		show: func(c *Config) string { return strings.Join(*field(c), ",") },
	}
}

// hostName is a name in the DNS, the underscores of some services included.
var hostName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$`)

// topic takes the name of a Pub/Sub topic, alone or with its project.
func topic(field func(*Config) *string) kind {
	const accepts = "the name of a topic, or `projects/P/topics/T`"
	return kind{
		accepts: accepts,
		set: func(c *Config, text string) error {
			if text != "" && !topicName.MatchString(text) {
				return errors.New("must be " + strings.ReplaceAll(accepts, "`", ""))
			}
			*field(c) = text
			return nil
		},
		show: func(c *Config) string { return *field(c) },
	}
}

// topicName is what Pub/Sub allows.
var topicName = regexp.MustCompile(`^(projects/[a-z0-9.:-]+/topics/)?[A-Za-z][A-Za-z0-9._~%+-]{2,254}$`)

// origins is a comma-separated list of origins of web pages, or the star for all.
func origins(field func(*Config) *[]string) kind {
	const accepts = "origins such as https://example.com, separated by commas, or `*` for all"
	return kind{
		accepts: accepts,
		set: func(c *Config, text string) error {
			var list []string
			for origin := range strings.SplitSeq(text, ",") {
				origin = strings.TrimSpace(origin)
				if text != "" && origin != "*" && !isOrigin(origin) {
					return fmt.Errorf("%q is no origin; accepted are scheme and host, and a port where it is not the "+
						"usual one, in lower case and without a path, separated by commas, or * for all", origin)
				}
				if origin != "" {
					list = append(list, origin)
				}
			}
			if len(list) > 1 && slices.Contains(list, "*") {
				return errors.New("* stands alone: it means all")
			}
			*field(c) = list
			return nil
		},
		show: func(c *Config) string { return strings.Join(*field(c), ",") },
	}
}

// isOrigin says whether a browser could send s in the header Origin: it leaves out
// the port that is usual, and writes everything in lower case. The origin null says
// nothing of who it is.
func isOrigin(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || s != u.Scheme+"://"+u.Host || s != strings.ToLower(s) {
		return false
	}
	usual := map[string]string{"http": "80", "https": "443"}[u.Scheme]
	if u.Port() == "" && strings.HasSuffix(s, ":") || u.Port() != "" && u.Port() == usual {
		return false
	}
	_, err = netip.ParseAddr(u.Hostname())
	return err == nil || hostName.MatchString(u.Hostname())
}

// basePath is a path without a slash at its end, of segments that mean the same to
// everybody on the way.
func basePath(field func(*Config) *string) kind {
	const accepts = "a path such as `/python`, of letters, digits and `-._~`"
	return kind{
		accepts: accepts,
		set: func(c *Config, text string) error {
			text = strings.TrimSuffix(text, "/")
			if text != "" && (!pathName.MatchString(text) || strings.Contains(text, "/.")) {
				return errors.New("must be " + strings.ReplaceAll(accepts, "`", ""))
			}
			*field(c) = text
			return nil
		},
		show: func(c *Config) string { return *field(c) },
	}
}

// pathName is what stands in a URL as it is.
var pathName = regexp.MustCompile(`^(/[A-Za-z0-9._~-]+)+$`)
