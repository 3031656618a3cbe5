package testbed

import (
	"archive/tar"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// libraries are what the bundled CPython is linked against or loads by name,
// all of the C library's and the compiler's.
var libraries = []string{
	"libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libutil.so.1", "libgcc_s.so.1",
}

// loaders are where each architecture has its dynamic loader, and its libraries.
var loaders = map[string]struct{ loader, libraries string }{
	"amd64": {"/lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu"},
	"arm64": {"/lib/ld-linux-aarch64.so.1", "/lib/aarch64-linux-gnu"},
}

// testImage is an image of the server and this machine's C library, and
// nothing else. It takes a second, a real base image would take a download.
func (b *Bed) testImage() (string, error) {
	b.imageOnce.Do(func() {
		name := fmt.Sprintf("localhost/pyexec-testbed:%d", os.Getpid())
		if b.imageErr = b.importImage(name); b.imageErr == nil {
			b.image = name
		}
	})
	return b.image, b.imageErr
}

func (b *Bed) importImage(name string) error {
	cmd := exec.Command("podman", "import", "--change", `CMD ["/server"]`, "-", name)
	in, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("testbed: image: %w", err)
	}
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("testbed: image: %w", err)
	}
	written := b.writeImage(in)
	in.Close()
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("testbed: image: podman import: %w: %s", err, out.String())
	}
	if written != nil {
		return fmt.Errorf("testbed: image: %w", written)
	}
	return nil
}

// writeImage writes the root file system as a tar file.
func (b *Bed) writeImage(w io.Writer) error {
	out := tar.NewWriter(w)
	for _, dir := range []struct {
		name string
		mode int64
	}{{"tmp", 0o1777}, {"etc", 0o755}, {"srv", 0o755}, {"proc", 0o755}, {"sys", 0o755}, {"dev", 0o755}} {
		if err := out.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir.name, Mode: dir.mode}); err != nil {
			return err
		}
	}
	const passwd = "root:x:0:0:root:/root:/bin/false\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n"
	header := tar.Header{Typeflag: tar.TypeReg, Name: "etc/passwd", Mode: 0o644, Size: int64(len(passwd))}
	if err := out.WriteHeader(&header); err != nil {
		return err
	}
	if _, err := io.WriteString(out, passwd); err != nil {
		return err
	}
	place, ok := loaders[runtime.GOARCH]
	if !ok {
		return fmt.Errorf("architecture %s: where is its dynamic loader", runtime.GOARCH)
	}
	files := map[string]string{"/server": b.server, place.loader: place.loader}
	for _, lib := range libraries {
		files[filepath.Join(place.libraries, lib)] = filepath.Join(place.libraries, lib)
	}
	for name, source := range files {
		if err := addFile(out, strings.TrimPrefix(name, "/"), source); err != nil {
			return err
		}
	}
	return out.Close()
}

func addFile(out *tar.Writer, name, source string) error {
	f, err := os.Open(source)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	header := tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o755, Size: info.Size()}
	if err := out.WriteHeader(&header); err != nil {
		return err
	}
	_, err = io.Copy(out, f)
	return err
}
