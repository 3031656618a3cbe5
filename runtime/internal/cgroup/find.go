package cgroup

import (
	"errors"
	"fmt"
	"path"
	"strings"
)

// locate returns where the version 2 group of this process is in the file tree,
// given what /proc/self/cgroup and /proc/self/mountinfo say, and its name among
// the groups.
func locate(cgroup, mountinfo string) (dir, name string, err error) {
	for line := range strings.Lines(cgroup) {
		if rest, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "0::"); ok {
			name = rest
		}
	}
	if name == "" {
		return "", "", errors.New("no control groups of version 2 here")
	}
	for line := range strings.Lines(mountinfo) {
		// id parent device root mountpoint options [optional …] - type source options
		before, after, _ := strings.Cut(line, " - ")
		fields, kind := strings.Fields(before), strings.Fields(after)
		if len(fields) < 6 || len(kind) < 1 || kind[0] != "cgroup2" {
			continue
		}
		root, point := unescape(fields[3]), unescape(fields[4])
		if rest, ok := below(name, root); ok {
			return path.Join(point, rest), name, nil
		}
		err = fmt.Errorf("group %s: not below %s, which is mounted on %s", name, root, point)
	}
	if err == nil {
		err = errors.New("control groups of version 2 are not mounted")
	}
	return "", "", err
}

// below returns the part of name below root. A group outside of the group namespace
// has /.. in its name.
func below(name, root string) (rest string, ok bool) {
	if name != path.Clean(name) || strings.HasPrefix(name, "/..") {
		return "", false
	}
	if root == "/" {
		return name, true
	}
	rest, ok = strings.CutPrefix(name, root)
	return rest, ok && (rest == "" || rest[0] == '/')
}

// unescape undoes what mountinfo does to blanks.
func unescape(s string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}

// unit is the systemd unit that a group belongs to, empty for none.
func unit(name string) string {
	base := path.Base(name)
	for _, kind := range []string{".service", ".scope", ".slice"} {
		if strings.HasSuffix(base, kind) {
			return base
		}
	}
	return ""
}
