package config

import "testing"

// Origins are what browsers send, and paths what all on the way understand alike.
func TestOriginsAndPaths(t *testing.T) {
	for entry, shows := range map[string]string{
		"CORS_ORIGINS=":                                          "",
		"CORS_ORIGINS=*":                                         "*",
		"CORS_ORIGINS=https://a.example":                         "https://a.example",
		"CORS_ORIGINS=http://localhost:3000":                     "http://localhost:3000",
		"CORS_ORIGINS=http://[::1]:3000":                         "http://[::1]:3000",
		"CORS_ORIGINS=chrome-extension://abcdefg":                "chrome-extension://abcdefg",
		"CORS_ORIGINS=https://a.example, https://b.example:8443": "https://a.example,https://b.example:8443",
		"BASE_PATH=":                                             "",
		"BASE_PATH=/":                                            "",
		"BASE_PATH=/python":                                      "/python",
		"BASE_PATH=/v1/run.py_-~":                                "/v1/run.py_-~",
		"BASE_PATH=/python/":                                     "/python",
	} {
		cfg, err := Parse([]string{entry}, roomy)
		if err != nil {
			t.Errorf("%s: %v", entry, err)
			continue
		}
		for _, s := range settings {
			if len(entry) > len(s.Name) && entry[:len(s.Name)+1] == s.Name+"=" && s.kind.show(&cfg) != shows {
				t.Errorf("%s: %q, want %q", entry, s.kind.show(&cfg), shows)
			}
		}
	}
	for _, entry := range []string{
		"CORS_ORIGINS=a.example", "CORS_ORIGINS=https://a.example/", "CORS_ORIGINS=https://a.example/x",
		"CORS_ORIGINS=https://A.example", "CORS_ORIGINS=https://a.example:443", "CORS_ORIGINS=http://a.example:80",
		"CORS_ORIGINS=https://*.example", "CORS_ORIGINS=null",
		"CORS_ORIGINS=https://a.example,", "CORS_ORIGINS=https://",
		"CORS_ORIGINS=*,https://a.example",
		"CORS_ORIGINS=https://me@a.example", "CORS_ORIGINS=https://a.example?x", "CORS_ORIGINS=https://a.example:",
		"CORS_ORIGINS=https://a.example https://b.example", "CORS_ORIGINS=https://a.example:x",
		"BASE_PATH=python", "BASE_PATH=//python", "BASE_PATH=/a//b", "BASE_PATH=/a/../b", "BASE_PATH=/.",
		"BASE_PATH=/a b",
		"BASE_PATH=/a?b", "BASE_PATH=/a%2fb", "BASE_PATH=http://a.example/b", "BASE_PATH=/'",
	} {
		if _, err := Parse([]string{entry}, roomy); err == nil {
			t.Errorf("%s: accepted", entry)
		}
	}
}
