package config

import (
	"strings"
	"testing"
)

// What is said of packages fits the place, as far as that is known.
func TestDataAdvice(t *testing.T) {
	const local, cloud = "PYTHON_PACKAGES=cmd/packages/data.txt go run ./cmd/server", "gcloud run deploy "
	for _, tt := range []struct {
		name         string
		environ      []string
		says, leaves []string
	}{
		{"somewhere", nil, []string{local, cloud + "pyexec --source ."}, []string{"function"}},
		{"Cloud Run", []string{"K_SERVICE=mine"}, []string{cloud + "mine --source ."}, []string{local, "function"}},
		{"a function", []string{"K_SERVICE=mine", "FUNCTION_TARGET=Execute"},
			[]string{"--update-env-vars=PYTHON_PACKAGES=serverless_function_source_code/cmd/packages/data.txt"},
			[]string{local, cloud}},
	} {
		cfg, err := Parse(tt.environ, roomy)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range tt.says {
			if !strings.Contains(cfg.Runtime.DataAdvice, text) {
				t.Errorf("%s: %q does not say %q", tt.name, cfg.Runtime.DataAdvice, text)
			}
		}
		for _, text := range tt.leaves {
			if strings.Contains(cfg.Runtime.DataAdvice, text) {
				t.Errorf("%s: %q says %q", tt.name, cfg.Runtime.DataAdvice, text)
			}
		}
	}
}
