package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
)

// Asset is a file the page loads.
type Asset struct {
	ContentType string
	ETag        string // of Body, strong, quoted
	Body        []byte
	Gzip        []byte // Body, compressed
}

// AssetPrefix begins the path of every asset. What follows is the version of
// them all and the name, so that what a path names never changes and modules
// find each other by relative imports.
const AssetPrefix = "/assets/"

//go:embed assets
var assetFiles embed.FS

// assets are all assets by path. They are read when the first is asked for: no
// start has to wait for what runs of scripts don't need.
var assets = sync.OnceValue(loadAssets)

// AssetByPath returns what a path names, nil when it names nothing.
func AssetByPath(urlPath string) *Asset {
	return assets()[urlPath]
}

var assetTypes = map[string]string{
	".js":  "text/javascript; charset=utf-8",
	".txt": "text/plain; charset=utf-8",
}

func loadAssets() map[string]*Asset {
	entries, err := fs.ReadDir(assetFiles, "assets")
	if err != nil {
		panic(err) // it is in the binary
	}
	all := sha256.New()
	byName := map[string]*Asset{}
	for _, e := range entries {
		body, err := assetFiles.ReadFile("assets/" + e.Name())
		if err != nil {
			panic(err)
		}
		all.Write([]byte(e.Name()))
		all.Write(body)
		sum := sha256.Sum256(body)
		byName[e.Name()] = &Asset{
			ContentType: assetTypes[path.Ext(e.Name())],
			ETag:        `"` + hex.EncodeToString(sum[:12]) + `"`,
			Body:        body,
			Gzip:        Compress(body),
		}
	}
	version := hex.EncodeToString(all.Sum(nil)[:8])
	byPath := map[string]*Asset{}
	for name, a := range byName {
		byPath[AssetPrefix+version+"/"+name] = a
	}
	return byPath
}

// Compress returns b in gzip's format.
func Compress(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	// A bytes.Buffer takes everything.
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

// module returns the address of an asset relative to the page, so that it
// holds behind a proxy that adds a path, too.
func module(name string) (string, error) {
	for p := range assets() {
		if path.Base(p) == name {
			return strings.TrimPrefix(p, "/"), nil
		}
	}
	return "", fmt.Errorf("asset: %s: not found", name)
}

// moduleNames lists the modules of the page, for the browser to load them all
// at once.
func moduleNames() []string {
	var names []string
	for p := range assets() {
		if path.Ext(p) == ".js" {
			names = append(names, path.Base(p))
		}
	}
	slices.Sort(names)
	return names
}
