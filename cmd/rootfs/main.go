// Rootfs lays out the root directory of the image. The Dockerfile runs it in
// its build stage:
//
//	rootfs [-python PREFIX] [-environments FILE [-proxy PROXIES]] DIR [FILE...]
//
// DIR gets /jail, which is all that scripts may see: at /jail/python the bundled
// CPython, or a copy of the one that has PREFIX, and the shared libraries that it
// needs, to which there are links from their own paths. Beside it an empty /tmp, a
// link /probe to /server, which is that command under this name, and copies of the
// named files of this machine, each under its own path, libraries like those above.
// What DIR holds already, such as the server, stays.
//
// The environments that FILE lists, a file or directory as for ENVIRONMENTS, come to
// /environments, each in a directory like /jail, and /environments.toml lists them for
// the server in the image. There python may be a version, such as "3.14", which is
// fetched from PROXIES. Packages come from where the server's settings say, such as
// PIP_INDEX_URL.
//
// /sbom.cdx.json lists what is in the image, as package sbom describes it. Last of
// all, every file and directory in DIR is given the same time stamp, so that the same
// contents make the same image. It exits with 1 when that failed and with 2 when the
// arguments make no sense.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/pyexec/pyexec/cmd/internal/sbom"
	"github.com/pyexec/pyexec/internal/config"
	"github.com/pyexec/pyexec/internal/filetree"
	"github.com/pyexec/pyexec/runtime/provision"
)

// jail is the directory that holds what scripts may see, and nothing else: where
// nothing may be mounted it is their root directory as it stands. pythonHome is the
// value of PYTHON_HOME in the image.
const (
	jail       = "/jail"
	pythonHome = jail + "/python"
)

// shared are the directories of shared libraries. The interpreter needs the same
// libraries in the jail and outside of it, where it is asked for its version.
var shared = []string{"lib", "lib64", "usr"}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stderr))
}

// run is main with its surroundings as arguments. It returns the exit code.
func run(ctx context.Context, args []string, stderr io.Writer) int {
	flags := flag.NewFlagSet("rootfs", flag.ContinueOnError)
	flags.SetOutput(stderr)
	python := flags.String("python", "", "`prefix` of a CPython to copy, in place of the bundled one")
	list := flags.String("environments", "", "`file` or directory that lists environments to lay out, too")
	proxies := flags.String("proxy", "https://proxy.golang.org", "module `proxies` that have the Pythons of "+
		"environments, a list as in GOPROXY")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.Arg(0) == "" {
		fmt.Fprintln(stderr, "usage: rootfs [-python PREFIX] [-environments FILE [-proxy PROXIES]] DIR [FILE...]")
		return 2
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))
	b := &builder{dir: flags.Arg(0), python: *python, proxies: *proxies, log: log}
	if *list != "" {
		cfg, err := config.Load()
		if err != nil {
			fmt.Fprintln(stderr, "rootfs:", err)
			return 2
		}
		b.from = provision.Config{Index: cfg.Runtime.Index, CacheDir: cfg.Runtime.CacheDir, Log: b.log}
	}
	if err := b.layOut(ctx, flags.Args()[1:], *list); err != nil {
		fmt.Fprintln(stderr, "rootfs:", err)
		return 1
	}
	return 0
}

// layOut lays out all of it; list is the file of environments, empty for none.
func (b *builder) layOut(ctx context.Context, files []string, list string) error {
	dir := b.dir
	for _, name := range files {
		if !filepath.IsAbs(name) {
			return fmt.Errorf("%s: not an absolute path", name)
		}
		if err := filetree.CopyFile(name, filepath.Join(dir, name), 0); err != nil {
			return err
		}
	}
	if err := provision.InstallPython(ctx, b.python, dir, pythonHome, b.log); err != nil {
		return err
	}
	for _, name := range shared {
		if err := share(dir, name); err != nil {
			return err
		}
	}
	jails := []string{jail}
	if list != "" {
		more, err := b.environments(ctx, list)
		if err != nil {
			return err
		}
		jails = append(jails, more...)
	}
	for _, name := range jails {
		if err := readyToUse(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	// Where a run's files are in a container that may not mount anything.
	tmp := filepath.Join(dir, "tmp")
	if err := os.MkdirAll(tmp, 0o777); err != nil {
		return err
	}
	if err := os.Chmod(tmp, 0o777|fs.ModeSticky); err != nil {
		return err
	}
	if err := os.Symlink("server", filepath.Join(dir, "probe")); err != nil {
		return err
	}
	if err := sbom.Write(ctx, dir, contents(jails)); err != nil {
		return err
	}
	return filetree.Settle(dir, settledMode)
}

// readyToUse makes a jail what the server would make it that shuts scripts in there, which
// it can't where the image is read-only: it can't be listed, and what is written to has
// directories, where a file system can be mounted.
func readyToUse(jail string) error {
	for _, name := range []string{"dev", "runs"} {
		if err := os.MkdirAll(filepath.Join(jail, name), 0o755); err != nil {
			return err
		}
	}
	return os.Chmod(jail, jailMode)
}

// jailMode is that of a jail's own directory.
const jailMode = 0o711

// contents says where the parts of the image are.
func contents(jails []string) sbom.Image {
	image := sbom.Image{Server: "/server"}
	for _, jail := range jails {
		image.Pythons = append(image.Pythons, filepath.Join(jail, "python"))
		image.Packages = append(image.Packages, filepath.Join(jail, "packages"))
		for _, name := range shared {
			image.Libraries = append(image.Libraries, filepath.Join(jail, name))
		}
	}
	return image
}

// share moves the files of a directory of dir into the jail and leaves links to
// them. The directories stay: libraries are looked up by these paths.
func share(dir, name string) error {
	return filepath.WalkDir(filepath.Join(dir, name), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // not every machine has all of them
		}
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, jail, rel)
		link, err := filepath.Rel(filepath.Dir(path), to)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.Rename(path, to); err != nil {
			return err
		}
		return os.Symlink(link, path)
	})
}

// settledMode gives a directory the mode that it would have without a umask. Files,
// jails, and directories that everybody may write to, keep theirs.
func settledMode(_ string, info fs.FileInfo) fs.FileMode {
	if mode := info.Mode().Perm(); info.IsDir() && mode != 0o777 && mode != jailMode {
		return 0o755
	}
	return info.Mode()
}
