package runtime

import (
	"context"
	"log/slog"

	"github.com/pyexec/pyexec/runtime/internal/python"
)

// InstallPython puts the bundled CPython and the shared libraries that it needs
// of this machine below root, which is to become the root directory of an
// image: the prefix at home there, for Config.PythonHome of a server without a
// bundled one (build tag nopython). home is absolute and must not exist yet.
func InstallPython(ctx context.Context, root, home string, log *slog.Logger) error {
	return python.Install(ctx, root, home, log)
}
