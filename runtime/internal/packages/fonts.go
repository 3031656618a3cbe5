package packages

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/pyexec/pyexec/runtime/internal/python"
)

// FontDir is where matplotlib's list of fonts is in a directory of packages.
const FontDir = ".matplotlib"

//go:embed fonts.py
var prepareFonts string

// makeFontList makes matplotlib's list of fonts, if matplotlib is in dir. The
// process gets no environment: it runs code of the packages.
func makeFontList(ctx context.Context, p *python.Interpreter, dir string) error {
	if _, err := os.Stat(filepath.Join(dir, "matplotlib", "font_manager.py")); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	target := filepath.Join(dir, FontDir)
	if err := os.Mkdir(target, 0o755); err != nil {
		return fmt.Errorf("fonts: %w", err)
	}
	cmd := exec.CommandContext(ctx, p.Executable, "-I", "-S", "-B", "-c", prepareFonts, dir, target)
	cmd.Env = []string{}
	cmd.Dir = target
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("fonts: %s: %w: %s", p.Executable, err, strings.TrimSpace(string(out)))
	}
	return nil
}
