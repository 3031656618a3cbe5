package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// trueHint is a value that is no JSON and what its hint has to name: ways to make
// some of it, each of which is then applied.
type trueHint struct {
	before string // lines of the script
	value  string
	ways   string // separated by " | "
}

// standardHints need the standard library alone.
var standardHints = []trueHint{
	{"import collections", "collections.ChainMap({'a': 1})", "dict(x)"},
	{"import collections", "collections.UserDict(a=1)", "dict(x)"},
	{"import types", "types.MappingProxyType({'a': 1})", "dict(x)"},
	{"import types, datetime", "types.MappingProxyType({'a': datetime.date(2024, 1, 2)})",
		"json.loads(json.dumps(dict(x), default=str))"},
	{"import collections.abc\nclass M(collections.abc.Mapping):\n    def __getitem__(self, k): return 1\n" +
		"    def __iter__(self): return iter('ab')\n    def __len__(self): return 2", "M()", "dict(x)"},
	{"class M:\n    def keys(self): return ['a']\n    def __getitem__(self, k): return 1", "M()", "dict(x)"},
	{"import sqlite3\nc = sqlite3.connect(':memory:')\nc.row_factory = sqlite3.Row",
		"c.execute('select 1 as a').fetchone()", "dict(x)"},
	{"import email.message\nm = email.message.Message()\nm['a'] = 'b'", "m", "dict(x)"},
	{"import configparser\nc = configparser.ConfigParser()\nc.read_string('[a]\\nb = 1')", "c",
		"{name: dict(x[name]) for name in x}"},
	{"import collections", "collections.UserList([1])", "list(x)"},
	{"import collections", "collections.UserString('a')", "str(x)"},
	{"import collections", "collections.deque([1])", "list(x)"},
	{"import array", "array.array('i', [1])", ".tolist()"},
	{"", "{1, 2}", "sorted(x) | list(x)"},
	{"", "{1, 'a'}", "list(x)"},
	{"import datetime", "{datetime.date(2024, 1, 2)}", "json.loads(json.dumps(list(x), default=str))"},
	{"", "frozenset('ab')", "sorted(x) | list(x)"},
	{"", "range(3)", "list(x)"},
	{"", "range(10 ** 12)[:3]", "list(x)"},
	{"", "{'a': 1}.keys()", "list(x)"},
	{"", "{'a': 1}.items()", "list(x)"},
	{"", "map(str, [1])", "list(x) | list(itertools.islice(x, 100))"},
	{"", "filter(None, [1])", "list(x)"},
	{"", "zip('a', 'b')", "list(x)"},
	{"", "enumerate('a')", "list(x)"},
	{"", "reversed([1, 2])", "list(x)"},
	{"", "(i for i in 'ab')", "list(x) | list(itertools.islice(x, 100))"},
	{"import itertools", "itertools.count()", "list(itertools.islice(x, 100))"},
	{"import itertools", "itertools.cycle('ab')", "list(itertools.islice(x, 100))"},
	{"import itertools", "itertools.repeat(1)", "list(itertools.islice(x, 100))"},
	{"import itertools", "itertools.chain('ab')", "list(x)"},
	{"import csv", "csv.reader(['a,b'])", "list(x)"},
	{"", "1j", "str(x) | [float(x.real), float(x.imag)]"},
	{"import decimal", "decimal.Decimal('1.10')", "float(x) | str(x)"},
	{"import decimal", "decimal.Decimal('NaN')", "None"},
	{"import fractions", "fractions.Fraction(1, 3)", "float(x) | str(x)"},
	{"", "b'abc'", ".decode()"},
	{"", "b'\\xff'", "base64.b64encode(x).decode()"},
	{"", "bytearray(b'abc')", ".decode() | base64.b64encode(x).decode()"},
	{"", "memoryview(b'abc')", "bytes(x).decode() | base64.b64encode(x).decode()"},
	{"import datetime", "datetime.datetime(2024, 1, 2)", ".isoformat()"},
	{"import datetime", "datetime.date(2024, 1, 2)", ".isoformat()"},
	{"import datetime", "datetime.time(1)", ".isoformat()"},
	{"import datetime", "datetime.timedelta(1)", ".total_seconds()"},
	{"import datetime", "datetime.timezone.utc", "str(x)"},
	{"import zoneinfo", "zoneinfo.ZoneInfo('Europe/Berlin')", "str(x)"},
	{"import enum\nclass E(enum.Enum):\n    A = 1", "E.A", ".value | .name"},
	{"import enum\nclass E(enum.Enum):\n    A = object()", "E.A", ".name"},
	{"import uuid", "uuid.UUID(int=1)", "str(x)"},
	{"import pathlib", "pathlib.Path('a')", "str(x)"},
	{"import ipaddress", "ipaddress.ip_address('10.0.0.1')", "str(x)"},
	{"import ipaddress", "ipaddress.ip_network('10.0.0.0/8')", "str(x)"},
	{"import re", "re.match('a', 'a')", ".group() | .groups()"},
	{"import re", "re.compile('a')", ".pattern"},
	{"import dataclasses\n@dataclasses.dataclass\nclass P:\n    a: int = 1", "P()", "dataclasses.asdict(x)"},
	{"import dataclasses, datetime\n@dataclasses.dataclass\nclass P:\n    a: object = datetime.date(2024, 1, 2)", "P()",
		"json.loads(json.dumps(dataclasses.asdict(x), default=str))"},
	{"class P:\n    def __init__(self): self.a = 1", "P()", "vars(x)"},
	{"class P:\n    def __init__(self): self.a = object()", "P()", "json.loads(json.dumps(vars(x), default=str))"},
	{"import dataclasses\n@dataclasses.dataclass(slots=True)\nclass P:\n    a: int = 1", "P()",
		"dataclasses.asdict(x)"},
	{"class M:\n    __slots__ = ()\n    def model_dump(self, mode='python'): return {'a': mode == 'json'}", "M()",
		`.model_dump(mode="json")`},
	{"class M:\n    __fields__ = ()\n    def dict(self): return {'a': {1}}\n    def json(self): return '{}'", "M()",
		"json.loads(x.json())"},
	{"import types", "types.SimpleNamespace(a=1)", "vars(x)"},
	{"import argparse", "argparse.Namespace(a=1)", "vars(x)"},
	{"", "ValueError('a')", "str(x)"},
	{"", "slice(1)", "str(x)"},
	{"", "...", "str(x)"},
	{"", "int", ".__name__"},
	{"import math", "math", ".__name__"},
	{"import io", "io.StringIO('a')", ".getvalue()"},
	{"import io", "io.BytesIO(b'\\xff')", "base64.b64encode(x.getvalue()).decode()"},
	{"open('f', 'w').write('a')", "open('f')", ".read()"},
	{"open('f', 'w').write('a')", "open('f', 'rb')", ".read().decode() | base64.b64encode(x.read()).decode()"},
	{"import xml.etree.ElementTree as E", "E.fromstring('<a b=\"c\"/>')",
		`xml.etree.ElementTree.tostring(x, encoding="unicode")`},
	{"import concurrent.futures as c", "c.ThreadPoolExecutor().submit(int)", ".result()"},
	{"async def f(): return 1", "f()", "asyncio.run(x)"},
	{"def f(): return 1", "f", "f()"},
	{"import functools", "functools.partial(int)", "f()"},
	{"", "print", "f()"},
	{"", "float('nan')", "None"},
	{"import datetime", "{datetime.date(2024, 1, 2): 1}", "{str(k): v for k, v in x.items()}"},
	{"", "{('a', 'b'): 1}", "{str(k): v for k, v in x.items()}"},
	{"", "object()", "str(x)"},
	{"class A:\n    def isoformat(self): raise OSError\n    def __float__(self): return 1.5", "A()", "float(x)"},
	{"class A:\n    def tolist(self): return 1 / 0", "A()", "str(x)"},
	{"class A:\n    def to_dict(self): return {'a': 1}", "A()", ".to_dict()"},
	{"class A:\n    a = 1\n    def to_dict(self): return {'a': object()}", "A()", "str(x)"},
	{"class A:\n    def to_dict(self): raise SystemExit\na = A()\na.b = 1", "a", "vars(x)"},
}

// dataHints need the packages of cmd/packages/data.txt.
var dataHints = []trueHint{
	{"", "np.datetime64('2024-01-01')", "str(x)"},
	{"", "np.timedelta64(1, 'D')", "str(x)"},
	{"", "np.complex128(1)", "str(x) | [float(x.real), float(x.imag)]"},
	{"", "np.clongdouble(1)", "str(x) | [float(x.real), float(x.imag)]"},
	{"", "np.int64(1)", ".item()"},
	{"", "np.bool_(True)", ".item()"},
	{"", "np.float16(1)", ".item()"},
	{"", "np.longdouble(1)", "float(x)"},
	{"", "np.float32('nan')", "None"},
	{"", "np.array([(1, 2.5)], dtype=[('a', int), ('b', float)])[0]", ".item()"},
	{"", "np.array([(1, 2.5)], dtype=[('a', int), ('b', float)])", ".tolist()"},
	{"", "np.arange(3)", ".tolist()"},
	{"", "np.array([1, np.nan])", "np.where(np.isfinite(x), x, None).tolist()"},
	{"", "np.array([1j])", "json.loads(json.dumps(x.tolist(), default=str))"},
	{"", "np.array(['2024-01-01'], dtype='M8[ns]')", ".astype(str).tolist()"},
	{"", "np.array([1], dtype='m8[D]')", ".astype(str).tolist()"},
	{"import datetime", "np.array([datetime.date(2024, 1, 2)])", "json.loads(json.dumps(x.tolist(), default=str))"},
	{"", "np.array([b'a'])", "json.loads(json.dumps(x.tolist(), default=str))"},
	{"", "np.matrix([[1]])", ".tolist()"},
	{"", "np.ma.array([1], mask=[True])", ".tolist()"},
	{"", "np.poly1d([1, 2])", ".coef.tolist()"},
	{"", "np.dtype('int')", "str(x)"},
	{"", "np.zeros(10 ** 6)", ".tolist()"},
	{"", "pd.NaT", "None"},
	{"", "pd.NA", "None"},
	{"", "pd.Timestamp('2024-01-02')", ".isoformat()"},
	{"", "pd.Timedelta('1D')", ".total_seconds()"},
	{"", "pd.Period('2024-01')", "str(x)"},
	{"", "pd.Interval(0, 1)", "str(x)"},
	{"", "pd.offsets.Day(2)", "str(x)"},
	{"", "pd.Series([1, 2])", ".to_dict()"},
	{"", "pd.Series([1, None])", `json.loads(x.to_json(date_format="iso"))`},
	{"", "pd.Series([1], index=pd.date_range('2024', periods=1))", `json.loads(x.to_json(date_format="iso"))`},
	{"", "pd.Series(pd.date_range('2024', periods=2))", `json.loads(x.to_json(date_format="iso"))`},
	{"", "pd.Series([1, 2], index=pd.MultiIndex.from_tuples([('a', 1), ('b', 2)]))",
		`json.loads(x.to_json(date_format="iso"))`},
	{"", "pd.DataFrame({'a': [1]})", `.to_dict("records")`},
	{"", "pd.DataFrame({'a': [1, None], 'b': pd.date_range('2024', periods=2)})",
		`json.loads(x.to_json(orient="records", date_format="iso"))`},
	{"", "pd.DataFrame({('a', 'b'): [1]})", `json.loads(x.to_json(orient="records", date_format="iso"))`},
	{"", "pd.DataFrame({'a': [1]}).dtypes", "[str(v) for v in x]"},
	{"", "pd.Index([1])", ".tolist()"},
	{"", "pd.MultiIndex.from_tuples([(1, 2)])", ".tolist()"},
	{"", "pd.date_range('2024', periods=1)", "[str(v) for v in x]"},
	{"", "pd.Categorical(['a'])", ".tolist()"},
	{"", "pd.array([1, None])", "[str(v) for v in x]"},
	{"import scipy.sparse", "scipy.sparse.csr_matrix([[1, 0]])", ".toarray().tolist()"},
	{"import scipy.sparse", "scipy.sparse.coo_array([[1, 0]])", ".toarray().tolist()"},
	{"import pyarrow as pa", "pa.table({'a': [1]})", ".to_pylist()"},
	{"import pyarrow as pa, datetime", "pa.table({'a': [datetime.date(2024, 1, 2)]})",
		"json.loads(json.dumps(x.to_pylist(), default=str))"},
	{"import pyarrow as pa", "pa.array([1])", ".to_pylist()"},
	{"import pyarrow as pa", "pa.scalar(1)", ".as_py()"},
	{"import sympy", "sympy.Integer(3)", "int(x)"},
	{"import sympy", "sympy.Float(1.5)", "float(x) | str(x)"},
	{"import sympy", "sympy.Rational(1, 3)", "float(x) | str(x)"},
	{"import sympy", "sympy.oo", "None"},
	{"import sympy", "sympy.pi", "float(x) | str(x)"},
	{"import sympy", "sympy.Symbol('a') + 1", "str(x)"},
	{"import sympy", "sympy.true", "bool(x)"},
	{"import sympy", "sympy.Matrix([[1]])", "json.loads(json.dumps(x.tolist(), default=str))"},
	{"import sympy", "sympy.FiniteSet(1)", "json.loads(json.dumps(list(x), default=str))"},
	{"import openpyxl", "openpyxl.Workbook()", `x.save("book.xlsx")`},
	{"import openpyxl", "openpyxl.Workbook().active['A1']", ".value"},
	{"import openpyxl", "openpyxl.Workbook().active", "list(x.values)"},
}

// The way that a hint names is tried on the value, and nothing is left to refuse.
func TestHintsOfValues(t *testing.T) {
	base := live(t).http.URL
	for _, h := range standardHints {
		t.Run(h.value, func(t *testing.T) { h.check(t, base, "") })
	}
}

func TestDataHintsOfValues(t *testing.T) {
	base := dataServer(t)
	for _, h := range dataHints {
		t.Run(h.value, func(t *testing.T) { h.check(t, base, "import numpy as np, pandas as pd\n") })
	}
}

func (h trueHint) check(t *testing.T, base, imports string) {
	script := imports + h.before + "\ndef main():\n    x = " + h.value + "\n    return "
	status, reply := execute(t, base, script+"[x]")
	hint, _ := reply["hint"].(string)
	if status != http.StatusUnprocessableEntity || reply["status"] != "not_json" {
		t.Fatalf("%d %v, want a value that is refused", status, reply)
	}
	if strings.Contains(hint, `"convert": true`) {
		request := map[string]any{"script": script + "[x]", "convert": true}
		if status, reply := executeRequest(t, base, request); status != http.StatusOK {
			t.Errorf("converted: %v", reply)
		}
	}
	for way := range strings.SplitSeq(h.ways, " | ") {
		if !strings.Contains(hint, way) {
			t.Errorf("hint %q, want %s", hint, way)
		}
		if way[0] == '.' {
			way = "x" + way
		}
		way = strings.Replace(way, "f()", "x()", 1)
		const more = "import asyncio, base64, dataclasses, itertools, json, xml.etree.ElementTree\n"
		if status, reply := execute(t, base, more+script+"["+way+"]"); status != http.StatusOK {
			t.Errorf("%s: %v", way, reply)
		}
	}
}
