package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pyexec/pyexec/internal/capacity"
)

// roomy is a container in which memory decides nothing.
var roomy = capacity.Machine{CPUs: 2, Memory: 256 << 30}

func TestDefaults(t *testing.T) {
	cfg, err := Parse([]string{"PATH=/bin", "NONSENSE"}, roomy)
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, s := range settings {
		got[s.Name] = s.kind.show(&cfg)
	}
	want := map[string]string{
		"HOST": "localhost", "PORT": "8080",
		"EXEC_TIMEOUT": "30s", "EXEC_CPU": "30s",
		"EXEC_MEMORY_MB": "512", "EXEC_TMP_MB": "64", "EXEC_TMP_FILES": "1024",
		"EXEC_OUTPUT_BYTES": "1048576", "EXEC_RESULT_BYTES": "8388608", "EXEC_RESULT_DEPTH": "256",
		"EXEC_SCRIPT_BYTES": "1048576", "EXEC_BODY_BYTES": "8388608",
		"EXEC_BATCH_CASES": "10000", "EXEC_BATCH_TIME": "4m30s",
		"EXEC_RETURN_FILES": "64", "EXEC_RETURN_BYTES": "8388608", "MCP": "on", "MCP_HOSTS": "", "ALLOWED_HOSTS": "",
		"CORS_ORIGINS": "", "BASE_PATH": "",
		"EXEC_OPEN_FILES": "64", "EXEC_THREADS": "64",
		"EXEC_WORKERS": "8", "EXEC_QUEUE": "2037", "EXEC_QUEUE_WAIT": "10s",
		"EXEC_OVERCOMMIT": "false",
		"BLOCKED_IMPORTS": strings.Join(defaultBlocked(), ","),
		"PRELOAD":         strings.Join(standardPreload, ","),
		"PYTHON_HOME":     "", "PYTHONS": "", "ENVIRONMENTS": "",
		"ENVIRONMENT_INSTALL": "off", "ENVIRONMENT_INSTALL_MB": "512", "ENVIRONMENT_INSTALL_TIME": "2m",
		"ENVIRONMENT_CACHE": "", "ENVIRONMENT_CACHE_MB": "2048",
		"PIP_INDEX_URL": "", "PIP_EXTRA_INDEX_URL": "", "PIP_FIND_LINKS": "", "PIP_NO_INDEX": "0",
		"PIP_TRUSTED_HOST": "", "PIP_CERT": "", "PIP_CONFIG_FILE": "",
		"PYTHON_PACKAGES": "", "SANDBOX": "required", "SHUTDOWN_GRACE": "9s",
		"EVENTS": "auto", "EVENTS_AUDIENCE": "", "EVENTS_ACCOUNTS": "", "EVENTS_SIGNATURE": "verify",
		"RESULTS_TOPIC": "", "LOG_SINK": "stdout", "LOG_PAYLOADS": "false", "METRICS_PORT": "0",
		"GOOGLE_CLOUD_PROJECT": "",
	}
	if !maps.Equal(got, want) {
		t.Errorf("defaults:\n got %v\nwant %v", got, want)
	}
	if rt := cfg.Runtime; rt.Limits.MemoryBytes != 512*mib || rt.Limits.TmpBytes != 64*mib {
		t.Errorf("MiB settings: %d and %d bytes", rt.Limits.MemoryBytes, rt.Limits.TmpBytes)
	}
	if len(cfg.Share.Warnings) > 0 {
		t.Errorf("warnings: %q", cfg.Share.Warnings)
	}
}

// On a machine where only its user can mean to reach it, the server listens on
// localhost.
func TestHostByPlace(t *testing.T) {
	for name, tt := range map[string]struct {
		environ   []string
		contained bool
		want      string
	}{
		"on a machine":          {nil, false, "localhost"},
		"left empty":            {[]string{"HOST="}, false, "localhost"},
		"set":                   {[]string{"HOST=0.0.0.0"}, false, "0.0.0.0"},
		"in a container":        {nil, true, ""},
		"set in a container":    {[]string{"HOST=127.0.0.1"}, true, "127.0.0.1"},
		"on Cloud Run":          {[]string{"K_SERVICE=pyexec"}, false, ""},
		"in a cluster":          {[]string{"KUBERNETES_SERVICE_HOST=10.0.0.1"}, false, ""},
		"in podman, by systemd": {[]string{"container=podman"}, false, ""},
		"none of these":         {[]string{"container=", "K_SERVICE="}, false, "localhost"},
	} {
		host := roomy
		host.Contained = tt.contained
		if cfg, err := Parse(tt.environ, host); err != nil || cfg.Host != tt.want {
			t.Errorf("%s: %q, %v; want %q", name, cfg.Host, err, tt.want)
		}
	}
}

func TestAccepted(t *testing.T) {
	for _, tt := range []struct{ entry, name, shows string }{
		{"EXEC_TIMEOUT=2m", "EXEC_TIMEOUT", "2m"},
		{"EXEC_TIMEOUT=90", "EXEC_TIMEOUT", "1m30s"},
		{"EXEC_TIMEOUT=0.05", "EXEC_TIMEOUT", "50ms"},
		{"EXEC_TIMEOUT=1h", "EXEC_TIMEOUT", "1h"},
		{"EXEC_TIMEOUT=", "EXEC_TIMEOUT", "30s"},
		{"EXEC_TIMEOUT=1.2", "EXEC_CPU", "2s"},
		{"EXEC_TIMEOUT=50ms", "EXEC_CPU", "1s"},
		{"EXEC_CPU=7", "EXEC_CPU", "7s"},
		{"EXEC_CPU=", "EXEC_CPU", "30s"},
		{"EXEC_MEMORY_MB=65536", "EXEC_MEMORY_MB", "65536"},
		{"EXEC_WORKERS=3", "EXEC_QUEUE", "2042"},
		{"EXEC_QUEUE=1", "EXEC_QUEUE", "1"},
		{"PORT=65535", "PORT", "65535"},
		{"HOST=127.0.0.1", "HOST", "127.0.0.1"},
		{"BLOCKED_IMPORTS=", "BLOCKED_IMPORTS", ""},
		{"BLOCKED_IMPORTS= os , _x9,", "BLOCKED_IMPORTS", "os,_x9"},
		{"PRELOAD=", "PRELOAD", ""},
		{"PRELOAD=json,os.path", "PRELOAD", "json,os.path"},
		{"PYTHON_HOME=/opt/python", "PYTHON_HOME", "/opt/python"},
		{"SANDBOX=off", "SANDBOX", "off"},
		{"SHUTDOWN_GRACE=0.1", "SHUTDOWN_GRACE", "100ms"},
		{"RESULTS_TOPIC=", "RESULTS_TOPIC", ""},
		{"RESULTS_TOPIC=results", "RESULTS_TOPIC", "results"},
		{"RESULTS_TOPIC=projects/example.com:p-1/topics/Results.2", "RESULTS_TOPIC",
			"projects/example.com:p-1/topics/Results.2"},
		{"EVENTS=off", "EVENTS", "off"},
		{"EVENTS_AUDIENCE=https://pyexec-1.run.app", "EVENTS_AUDIENCE", "https://pyexec-1.run.app"},
		{"EVENTS_ACCOUNTS=a@p.iam.gserviceaccount.com, b@p.iam.gserviceaccount.com", "EVENTS_ACCOUNTS",
			"a@p.iam.gserviceaccount.com,b@p.iam.gserviceaccount.com"},
		{"EVENTS_ACCOUNTS=", "EVENTS_ACCOUNTS", ""},
		{"EVENTS_SIGNATURE=platform", "EVENTS_SIGNATURE", "platform"},
		{"ALLOWED_HOSTS=a.example,10.0.0.1", "ALLOWED_HOSTS", "a.example,10.0.0.1"},
		{"K_SERVICE=s", "ALLOWED_HOSTS", "*"},
		{"LOG_SINK=api", "LOG_SINK", "api"},
		{"LOG_PAYLOADS=true", "LOG_PAYLOADS", "true"},
		{"METRICS_PORT=9090", "METRICS_PORT", "9090"},
		{"GOOGLE_CLOUD_PROJECT=p", "GOOGLE_CLOUD_PROJECT", "p"},
		{"PYTHON_PACKAGES=", "PORT", "8080"},
		{"PIP_INDEX_URL=https://me:secret@index.example/simple", "PIP_INDEX_URL",
			"https://me:xxxxx@index.example/simple"},
		{"PIP_EXTRA_INDEX_URL= https://a.example/  http://b.example/?token=secret ", "PIP_EXTRA_INDEX_URL",
			"https://a.example/ http://b.example/"},
		{"PIP_FIND_LINKS=/wheels  https://me:secret@a.example/links.html", "PIP_FIND_LINKS",
			"/wheels https://me:xxxxx@a.example/links.html"},
		{"PIP_NO_INDEX=Yes", "PIP_NO_INDEX", "1"},
		{"PIP_TRUSTED_HOST=a b:8080", "PIP_TRUSTED_HOST", "a b:8080"},
		{"PIP_CERT=/etc/ca.pem", "PIP_CERT", "/etc/ca.pem"},
	} {
		cfg, err := Parse([]string{tt.entry}, roomy)
		if err != nil {
			t.Errorf("%s: %v", tt.entry, err)
			continue
		}
		i := slices.IndexFunc(settings, func(s Setting) bool { return s.Name == tt.name })
		if got := settings[i].kind.show(&cfg); got != tt.shows {
			t.Errorf("%s: %s is %q, want %q", tt.entry, tt.name, got, tt.shows)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, tt := range []struct{ name, value, says string }{
		{"PORT", "0", "1 to 65535"},
		{"PORT", "http", "whole number"},
		{"HOST", "a b", "host name"},
		{"EXEC_TIMEOUT", "49ms", "50ms to 1h"},
		{"EXEC_TIMEOUT", "1h1ns", "50ms to 1h"},
		{"EXEC_TIMEOUT", "soon", "50ms to 1h"},
		{"EXEC_TIMEOUT", "NaN", "50ms to 1h"},
		{"EXEC_TIMEOUT", "1e300", "50ms to 1h"},
		{"EXEC_TIMEOUT", "-Inf", "50ms to 1h"},
		{"EXEC_CPU", "1.5", "whole seconds"},
		{"EXEC_MEMORY_MB", "15", "16 to 65536 MiB"},
		{"EXEC_MEMORY_MB", "512M", "16 to 65536 MiB"},
		{"EXEC_WORKERS", "257", "1 to 256"},
		{"EXEC_RESULT_DEPTH", "501", "8 to 500"},
		{"BLOCKED_IMPORTS", "os.path", "top-level modules"},
		{"BLOCKED_IMPORTS", "os;sys", "top-level modules"},
		{"PRELOAD", "json,9x", `"9x"`},
		{"PRELOAD", "a..b", `"a..b"`},
		{"PYTHON_HOME", "python", "absolute path"},
		{"PYTHONS", "/,python", "absolute paths, separated by commas"},
		{"PYTHONS", "/nonexistent", "/nonexistent: no prefix of a Python: stat "},
		{"SANDBOX", "Off", "required or off"},
		{"SANDBOX", "false", "required or off"},
		{"SHUTDOWN_GRACE", "0s", "100ms to 10m"},
		{"EXEC_TIMEOUT_S", "30", "unknown"},
		{"EXEC_", "", "unknown"},
		{"RESULTS_TOPIC", "t", "name of a topic"},
		{"RESULTS_TOPIC", "topics/results", "name of a topic"},
		{"RESULTS_TOPIC", "projects/p/topics/", "name of a topic"},
		{"EVENTS", "yes", "auto, on or off"},
		{"EVENTS_AUDIENCE", "a b", "without space"},
		{"EVENTS_ACCOUNTS", "pyexec-push", `"pyexec-push" is no account`},
		{"EVENTS_ACCOUNTS", "a@b.example,", `"" is no account`},
		{"EVENTS_SIGNATURE", "none", "verify or platform"},
		{"ALLOWED_HOSTS", "a.example:80", "without a port"},
		{"LOG_SINK", "API", "stdout or api"},
		{"LOG_PAYLOADS", "1", "false or true"},
		{"METRICS_PORT", "-1", "0 to 65535"},
		{"PYTHON_PACKAGES", "/nowhere", "/nowhere: no such file or directory"},
		{"PIP_INDEX_URL", "ftp://index.example", "http or https"},
		{"PIP_INDEX_URL", "https://a.example https://b.example", "http or https"},
		{"PIP_EXTRA_INDEX_URL", "https://a.example index", "http or https"},
		{"PIP_NO_INDEX", "maybe", "1, true, yes"},
	} {
		_, err := Parse([]string{tt.name + "=" + tt.value}, roomy)
		if err == nil {
			t.Errorf("%s=%s: accepted", tt.name, tt.value)
			continue
		}
		for _, part := range []string{"setting " + tt.name + ": ", `"` + tt.value + `"`, tt.says} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s=%s: %q does not contain %q", tt.name, tt.value, err, part)
			}
		}
	}
}

// Zero must never come to mean "no limit", nor a large number anything at all.
func TestEveryLimitIsBounded(t *testing.T) {
	for _, s := range settings {
		if !strings.HasPrefix(s.Name, "EXEC_") && s.Name != "SHUTDOWN_GRACE" {
			continue
		}
		for _, value := range []string{"0", "-1", "-30s", "1e18", "99999999999999999999", "9223372036854775807",
			"inf", "none", " 1", "0x10"} {
			if _, err := Parse([]string{s.Name + "=" + value}, roomy); err == nil {
				t.Errorf("%s=%s: accepted", s.Name, value)
			}
		}
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	_, err := Parse([]string{"EXEC_TIMEOUT=0", "PORT=-1", "EXEC_TYPO=1", "PYTHON_PACKAGES=/nowhere",
		"SANDBOX=maybe"}, roomy)
	if err == nil {
		t.Fatal("accepted")
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 5 {
		t.Errorf("%d problems, want 5:\n%v", len(lines), err)
	}
	for _, name := range []string{"EXEC_TIMEOUT", "PORT", "EXEC_TYPO", "PYTHON_PACKAGES", "SANDBOX"} {
		if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "setting "+name+": ") }) {
			t.Errorf("%s is not reported:\n%v", name, err)
		}
	}
}

// Settings that need more than there is start only with EXEC_OVERCOMMIT, whichever
// of them it is; sizes that nobody has asked for only warn.
func TestOvercommit(t *testing.T) {
	host := capacity.Machine{CPUs: 2, Memory: 2 << 30}
	for _, tt := range []struct {
		name    string
		asked   []string
		refused string
		warned  string
	}{
		{"too many", []string{"EXEC_WORKERS=10", "EXEC_MEMORY_MB=1000"}, "10 workers of 1000 MiB", ""},
		{"too many, and wanted", []string{"EXEC_WORKERS=10", "EXEC_MEMORY_MB=1000", "EXEC_OVERCOMMIT=true"}, "",
			"10 workers of 1000 MiB"},
		{"too large for one", []string{"EXEC_MEMORY_MB=4000"}, "1 workers of 4000 MiB", ""},
		{"too many of the usual size", []string{"EXEC_WORKERS=30"}, "30 workers of 64 MiB", ""},
		{"what the README recommends", []string{"EXEC_WORKERS=4", "EXEC_MEMORY_MB=384"}, "", ""},
		{"large enough for one alone", []string{"EXEC_MEMORY_MB=1500"}, "", ""},
		{"nobody has asked", []string{"EXEC_TMP_MB=2000"}, "", "2 workers of 64 MiB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg, err := Parse(tt.asked, host)
			if said := fmt.Sprint(err); (err != nil) != (tt.refused != "") || !strings.Contains(said, tt.refused) ||
				err != nil && !strings.Contains(said, "more than the 2048 MiB") {
				t.Errorf("got %v, want %q", err, tt.refused)
			}
			warned := strings.Join(cfg.Share.Warnings, "\n")
			if (warned != "") != (tt.warned != "") || !strings.Contains(warned, tt.warned) {
				t.Errorf("warned %q, want %q", warned, tt.warned)
			}
		})
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30": 30 * time.Second, "1.5": 1500 * time.Millisecond, "30s": 30 * time.Second, "1m30s": 90 * time.Second,
		"-2": -2 * time.Second,
	} {
		if got, ok := parseDuration(text); !ok || got != want {
			t.Errorf("%q: %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "x", "30 s", "1e10", "NaN", "+Inf"} {
		if got, ok := parseDuration(text); ok {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestShortDuration(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"1h": time.Hour, "10m": 10 * time.Minute, "30s": 30 * time.Second, "1m30s": 90 * time.Second,
		"1h0m10s": time.Hour + 10*time.Second, "50ms": 50 * time.Millisecond, "20m": 20 * time.Minute,
	} {
		if got := shortDuration(d); got != want {
			t.Errorf("%s: got %q, want %q", d, got, want)
		}
	}
}

// The lists are data that people read; these are the promises about them.
func TestBlockedModules(t *testing.T) {
	seen := make(map[string]bool)
	for _, m := range blockedModules {
		if m.reason == "" || !isModule(m.name, false) || seen[m.name] {
			t.Errorf("%q: listed twice, no module, or without a reason", m.name)
		}
		seen[m.name] = true
	}
	for _, name := range []string{"os", "subprocess", "socket", "ctypes", "multiprocessing"} {
		if !seen[name] {
			t.Errorf("%s is not blocked", name)
		}
	}
	honest := "sys,shutil,tempfile,sqlite3,zoneinfo,threading,asyncio,concurrent,decimal,hashlib,zlib," +
		"pathlib,io,json,math,urllib,http,importlib,csv,logging,unittest,uuid,secrets,signal"
	for name := range strings.SplitSeq(honest+","+strings.Join(standardPreload, ","), ",") {
		if seen[name] {
			t.Errorf("%s has honest uses and is blocked", name)
		}
	}
}

// Google's front end must not find a connection closed that it still keeps.
func TestIdleTimeout(t *testing.T) {
	for _, tt := range []struct {
		settings []string
		want     time.Duration
	}{{nil, 20 * time.Second}, {[]string{"K_SERVICE=s", "K_REVISION=r"}, 75 * time.Second}} {
		cfg, err := Parse(tt.settings, roomy)
		if err != nil || cfg.IdleTimeout != tt.want {
			t.Errorf("%v: %v, %v, want %v", tt.settings, cfg.IdleTimeout, err, tt.want)
		}
	}
}

func TestToolSettings(t *testing.T) {
	for _, tt := range []struct {
		settings []string
		off      bool
		hosts    string
		problem  string
	}{
		{nil, false, "", ""},
		{[]string{"MCP=off"}, true, "", ""},
		{[]string{"MCP=no"}, false, "", "on or off"},
		{[]string{"K_SERVICE=s"}, false, "", ""}, // as ALLOWED_HOSTS, which is any
		{[]string{"K_SERVICE=s", "MCP_HOSTS=a.example"}, false, "a.example", ""},
		{[]string{"MCP_HOSTS=a.example, B.example,10.0.0.1,::1"}, false, "a.example,B.example,10.0.0.1,::1", ""},
		{[]string{"MCP_HOSTS=*"}, false, "*", ""},
		{[]string{"MCP_HOSTS=*,a"}, false, "", "stands alone"},
		{[]string{"MCP_HOSTS=a.example:80"}, false, "", "without a port"},
		{[]string{"MCP_HOSTS=https://a.example"}, false, "", "no name of a host"},
		{[]string{"MCP_HOSTS=a,"}, false, "", "no name of a host"},
	} {
		cfg, err := Parse(tt.settings, roomy)
		if tt.problem != "" {
			if err == nil || !strings.Contains(err.Error(), tt.problem) {
				t.Errorf("%q: %v, want %q", tt.settings, err, tt.problem)
			}
			continue
		}
		if hosts := strings.Join(cfg.MCPHosts, ","); err != nil || cfg.MCPOff != tt.off || hosts != tt.hosts {
			t.Errorf("%q: off %v, hosts %q, %v", tt.settings, cfg.MCPOff, hosts, err)
		}
	}
}

// The platform's variables tell that it runs this process as a function.
func TestHosted(t *testing.T) {
	names := []string{"FUNCTION_TARGET", "FUNCTION_SIGNATURE_TYPE", "K_SERVICE"}
	for _, name := range names {
		t.Setenv(name, "")
	}
	if Hosted() {
		t.Error("hosted without any of the platform's variables")
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, "x")
			if !Hosted() {
				t.Error("not hosted")
			}
		})
	}
}
