package zygote

import (
	"encoding/json"
	"fmt"

	"github.com/pyexec/pyexec/runtime/internal/sandbox"
)

// greet hands over the harness and then the confinement steps, which depend on
// the size the zygote has when everything is imported.
func (z *Zygote) greet() error {
	code, compiled, err := z.byteCode()
	if err != nil {
		return err
	}
	err = z.send(map[string]any{
		"compiled": compiled, "harness_bytes": len(code), "path": z.cfg.Path, "late": nonNil(z.cfg.Late),
		"preload": nonNil(z.cfg.Preload), "preload_late": nonNil(z.cfg.PreloadLate), "font_dir": z.cfg.FontDir,
		"native": nativeSettings, "library": librarySettings, "rehearsals": rehearsals,
		"blocked_imports": nonNil(z.cfg.BlockedImports), "result_bytes": z.cfg.ResultBytes,
		"return_files": z.cfg.ReturnFiles, "return_bytes": z.cfg.ReturnBytes,
		"mark": z.stderr.mark, "oom_score_fd": sandbox.OOMScoreFD,
	})
	if err != nil {
		return err
	}
	if err := z.handOver(code, compiled); err != nil {
		return err
	}
	said, err := z.imports()
	if err != nil {
		return err
	}
	var hello struct {
		Version  string
		MappedAt uint64 `json:"mapped_at"`
	}
	if err := json.Unmarshal(said, &hello); err != nil {
		return fmt.Errorf("zygote: greet: %w", err)
	}
	z.version = hello.Version
	return z.confine(hello.MappedAt)
}

// confine sends the confinement steps of the workers that are forked from now on.
func (z *Zygote) confine(mappedAt uint64) error {
	size, err := z.size()
	if err != nil {
		return err
	}
	worker, err := z.cfg.Jail.Worker(sandbox.Base{Bytes: size + harnessBytes, MappedAt: mappedAt})
	if err != nil {
		return err
	}
	return z.send(map[string]any{
		"prepare": z.cfg.Jail.Prepare(), "steps": worker,
		"pid_namespace": z.cfg.Jail.Has(sandbox.PIDNamespace), "oom_score_fd": sandbox.OOMScoreFD,
	})
}

func (z *Zygote) send(message any) error {
	b, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("zygote: message: %w", err)
	}
	if _, err := z.conn.Write(b); err != nil {
		return fmt.Errorf("zygote: message: %w", err)
	}
	return nil
}

func nonNil(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
