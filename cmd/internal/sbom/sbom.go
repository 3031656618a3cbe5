// Package sbom lists what is in a root directory of the image, as a CycloneDX
// document in JSON: the Go modules of the server, the bundled CPython and the
// libraries in it, the distributions of Python, and the shared libraries that
// came from the machine that built it.
//
// All of it is read from what is there: the server's own build information, the
// interpreter itself, the metadata of the distributions, the files. The document
// holds no time and no random number, so that the same image has the same one.
package sbom

import (
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Path is where the document is in the image.
const Path = "/sbom.cdx.json"

// Image says where things are in the root directory of an image.
type Image struct {
	// Server is the program, Pythons the prefixes of interpreters, Packages the
	// directories of distributions beside them: absolute paths. One that does not exist
	// is not listed. What is there several times is listed once.
	Server            string
	Pythons, Packages []string
	// Libraries are the directories with shared libraries of the machine.
	Libraries []string
}

// Document is as much of CycloneDX 1.5 as is needed.
type Document struct {
	Format     string      `json:"bomFormat"`
	Spec       string      `json:"specVersion"`
	Version    int         `json:"version"`
	Metadata   Metadata    `json:"metadata"`
	Components []Component `json:"components"`
}

// Metadata names what the document is about.
type Metadata struct {
	Component Component `json:"component"`
}

// Component is one part of the image.
type Component struct {
	Type    string `json:"type"`
	Ref     string `json:"bom-ref"`
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	PURL    string `json:"purl,omitempty"`
	CPE     string `json:"cpe,omitempty"`
	Hashes  []Hash `json:"hashes,omitempty"`
}

// Hash is a digest of a component's file, in hexadecimal.
type Hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

// Write writes the document of the image whose root directory is root to Path below
// it.
func Write(ctx context.Context, root string, image Image) error {
	d, err := Describe(ctx, root, image)
	if err != nil {
		return fmt.Errorf("sbom: %w", err)
	}
	text, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		return fmt.Errorf("sbom: %w", err)
	}
	if err := os.WriteFile(filepath.Join(root, Path), append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("sbom: %w", err)
	}
	return nil
}

// Describe makes the document of the image whose root directory is root. It starts
// the interpreter in the image once.
func Describe(ctx context.Context, root string, image Image) (Document, error) {
	d := Document{Format: "CycloneDX", Spec: "1.5", Version: 1,
		Metadata: Metadata{Component{Type: "container", Ref: "image", Name: "pyexec"}}}
	for _, part := range []func() ([]Component, error){
		func() ([]Component, error) { return modules(filepath.Join(root, image.Server)) },
		func() ([]Component, error) { return interpreters(ctx, root, image.Pythons) },
		func() ([]Component, error) { return distributions(root, image) },
		func() ([]Component, error) { return libraries(root, image.Libraries) },
	} {
		found, err := part()
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return Document{}, err
		}
		d.Components = append(d.Components, found...)
	}
	slices.SortFunc(d.Components, func(a, b Component) int { return strings.Compare(a.Ref, b.Ref) })
	d.Components = slices.CompactFunc(d.Components, func(a, b Component) bool { return a.Ref == b.Ref })
	return d, nil
}

// library is a component that is known by a package URL.
func library(kind, name, version, purl string) Component {
	return Component{Type: kind, Ref: purl, Name: name, Version: version, PURL: purl}
}

// modules are the Go modules in a program, the standard library included.
func modules(program string) ([]Component, error) {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return nil, err
	}
	goVersion := strings.TrimPrefix(info.GoVersion, "go")
	list := []Component{library("library", "stdlib", goVersion, "pkg:golang/stdlib@"+goVersion)}
	list = append(list, library("application", info.Main.Path, info.Main.Version,
		"pkg:golang/"+info.Main.Path+"@"+url.PathEscape(info.Main.Version)))
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		list = append(list, library("library", m.Path, m.Version, "pkg:golang/"+m.Path+"@"+url.PathEscape(m.Version)))
	}
	return list, nil
}

// ask makes the interpreter name itself and the libraries in it.
const ask = `import json, platform, pyexpat, sqlite3, ssl, zlib
print(json.dumps({
    "python": platform.python_version(),
    "openssl": ssl.OPENSSL_VERSION.split()[1],
    "libexpat": pyexpat.EXPAT_VERSION.removeprefix("expat_"),
    "sqlite": sqlite3.sqlite_version,
    "zlib": zlib.ZLIB_RUNTIME_VERSION,
}))`

// vendors are the names of vendors under which vulnerability databases list the
// parts.
var vendors = map[string]string{"python": "python", "openssl": "openssl", "libexpat": "libexpat_project",
	"sqlite": "sqlite", "zlib": "zlib"}

func interpreters(ctx context.Context, root string, prefixes []string) (list []Component, err error) {
	for _, prefix := range prefixes {
		more, err := interpreter(ctx, filepath.Join(root, prefix))
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	return list, nil
}

// interpreter is CPython and what is linked into it.
func interpreter(ctx context.Context, prefix string) (list []Component, err error) {
	programs, err := filepath.Glob(filepath.Join(prefix, "bin", "python3.*"))
	if err != nil || len(programs) == 0 {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, programs[0], "-I", "-S", "-B", "-c", ask)
	cmd.Env = []string{}
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", programs[0], err)
	}
	versions := make(map[string]string)
	if err := json.Unmarshal(out, &versions); err != nil {
		return nil, fmt.Errorf("%s: %w", programs[0], err)
	}
	for name, version := range versions {
		c := library("library", name, version, "pkg:generic/"+name+"@"+version)
		c.CPE = "cpe:2.3:a:" + vendors[name] + ":" + name + ":" + version + ":*:*:*:*:*:*:*"
		list = append(list, c)
	}
	return list, nil
}

// distributions lists the distributions of Python, wherever in the image their
// metadata are.
func distributions(root string, image Image) (list []Component, err error) {
	var found []string
	patterns := slices.Clone(image.Packages)
	for _, prefix := range image.Pythons {
		patterns = append(patterns, filepath.Join(prefix, "lib", "python3.*", "site-packages"))
	}
	for _, pattern := range patterns {
		more, err := filepath.Glob(filepath.Join(root, pattern, "*.dist-info"))
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	for _, dir := range found {
		name, version, ok := strings.Cut(strings.TrimSuffix(filepath.Base(dir), ".dist-info"), "-")
		if !ok {
			return nil, fmt.Errorf("%s: names no version", dir)
		}
		name = strings.ToLower(strings.NewReplacer("_", "-", ".", "-").Replace(name))
		list = append(list, library("library", name, version, "pkg:pypi/"+name+"@"+url.PathEscape(version)))
	}
	return list, nil
}

// libraries lists the shared libraries below the directories, as files: which
// packages they are from, only the Linux distribution of the machine that built the
// image knows.
func libraries(root string, dirs []string) (list []Component, err error) {
	for _, dir := range dirs {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // not every machine has all of them
			}
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			sum := sha256.Sum256(data)
			list = append(list,
				Component{Type: "file", Ref: "file:/" + rel, Name: "/" + rel,
					Hashes: []Hash{{"SHA-256", hex.EncodeToString(sum[:])}}})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}
