package runtime

import (
	"fmt"

	"github.com/pyexec/pyexec/runtime/internal/python"
)

// What to say where a script is written for another Python than the one it ran on.

// series is the version of the language, such as 3.14. All that scripts run on have two
// digits behind the dot: the texts compare as the versions do.
func (e *environment) series() string { return python.Series(e.info().PythonVersion) }

// since are modules of the standard library by the version that brought them.
var since = map[string]string{
	"annotationlib": "3.14", "compression": "3.14", "concurrent.interpreters": "3.14", "pathlib.types": "3.14",
	"string.templatelib": "3.14",
}

// removed are modules that the standard library had, by the version that has them no longer,
// with what there is instead.
var removed = map[string]struct{ version, instead string }{
	"asynchat": {"3.12", "asyncio"}, "asyncore": {"3.12", "asyncio"}, "distutils": {"3.12", "shutil or sysconfig"},
	"imp": {"3.12", "importlib"}, "smtpd": {"3.12", "asyncio"}, "aifc": {"3.13", "wave"},
	"audioop": {"3.13", "array"}, "cgi": {"3.13", "urllib.parse or email"}, "cgitb": {"3.13", "traceback"},
	"chunk": {"3.13", "struct"}, "crypt": {"3.13", "hashlib"}, "imghdr": {"3.13", "mimetypes"},
	"mailcap": {"3.13", "mimetypes"}, "pipes": {"3.13", "shlex"}, "sndhdr": {"3.13", "mimetypes"},
	"sunau": {"3.13", "wave"}, "uu": {"3.13", "binascii or base64"}, "xdrlib": {"3.13", "struct"},
}

// ofAnotherPython is what there is to say of a module that other Pythons have; empty if
// it is none.
func (e *environment) ofAnotherPython(module string) string {
	ours := e.series()
	if first := since[module]; first > ours {
		return fmt.Sprintf("It is new in Python %s; this is %s.%s", first, ours, e.all.later(first))
	}
	if now, ok := removed[module]; ok && ours >= now.version {
		return fmt.Sprintf("It is gone since Python %s; this is %s, where there is %s.", now.version, ours, now.instead)
	}
	return ""
}

// later is how a script is run on a Python of this series or a later one, as a sentence
// that follows another.
func (all *environments) later(series string) string {
	for _, info := range *all.infos.Load() {
		if has := python.Series(info.PythonVersion); has >= series {
			return fmt.Sprintf(` The environment "%s" has %s: send "environment": "%s".`, info.Name, has, info.Name)
		}
	}
	return ""
}
