package runtime

// Names of modules, and what there is to say of each.

// inPlaceOf is what serves a script in the place of modules that the operator's list
// refuses.
var inPlaceOf = []struct{ modules, instead string }{
	{"os posix nt", "pathlib, shutil, glob and tempfile do what a script can do with files and paths."},
	{"subprocess pty popen2 commands sh pexpect plumbum", "No program can be started: call Python instead."},
	{"multiprocessing", "No process can be started; concurrent.futures.ThreadPoolExecutor and threading work."},
	{"socket socketserver ssl ftplib imaplib nntplib poplib smtplib telnetlib xmlrpc wsgiref urllib http",
		refusals["network"].instead},
	{onNetwork, noNetwork},
	{"webbrowser antigravity", "There is no browser: return the address, or the page itself."},
	{"ctypes cffi", "No native code of a script's own is of use here: struct, array and numpy hold raw data."},
	{"curses termios tty readline", "There is no terminal: print what is to be seen, and send what is typed as stdin."},
	{"tkinter turtle idlelib", noDisplay},
	{"pip ensurepip venv", noPip},
	{"syslog", "print and logging write what comes back with the reply."},
}

const (
	noDisplay = "There is no display: draw with matplotlib, whose figures come back with the reply."
	noPip     = "A script can't install packages: GET /capabilities lists those that are there; the operator can add " +
		"to them with PYTHON_PACKAGES."
	threadPool = "Use concurrent.futures.ThreadPoolExecutor, a pool of threads: other processes are not available."
	byList     = " Which imports are refused before the run is the operator's choice, BLOCKED_IMPORTS."
)

// onNetwork are packages that are of no use without the network. Installing them leads to
// the next error.
const onNetwork = "requests requests_cache requests_html urllib3 httplib2 httpx aiohttp websocket websockets " +
	"paramiko boto3 botocore yfinance pandas_datareader selenium playwright scrapy redis pymongo pymysql psycopg2 " +
	"psycopg MySQLdb openai anthropic slack_sdk tweepy praw telegram discord twilio"

var noNetwork = "Scripts have no network. " + refusals["network"].instead

// trimmed are modules of the standard library that are not installed here.
var trimmed = map[string]string{
	"tkinter": noDisplay, "_tkinter": noDisplay, "turtle": noDisplay, "turtledemo": noDisplay, "idlelib": noDisplay,
	"ensurepip": noPip, "venv": noPip, "pip": noPip,
	"lib2to3":      "It is left out here, and gone in Python 3.13: ast reads Python 3.",
	"test":         "It is left out here: doctest and unittest are there.",
	"msvcrt":       onWindows,
	"winreg":       onWindows,
	"winsound":     onWindows,
	"win32com":     onWindows,
	"win32api":     onWindows,
	"pythoncom":    onWindows,
	"IPython":      notebook,
	"ipywidgets":   notebook,
	"ipykernel":    notebook,
	"google.colab": notebook,
	"dbm.gnu":      "It is left out here: dbm.dumb, shelve and sqlite3 are there.",
	"_gdbm":        "It is left out here: dbm.dumb, shelve and sqlite3 are there.",
	"_dbm":         "It is left out here: dbm.dumb, shelve and sqlite3 are there.",
}

const (
	onWindows = "It is there on Windows alone; this is Linux."
	notebook  = "This is no notebook: print, or return what is to be seen. Figures of matplotlib come back."
)

// formerly are the names that modules of Python 2 have now.
var formerly = map[string]string{
	"urllib2": "urllib.request", "urlparse": "urllib.parse", "httplib": "http.client", "StringIO": "io",
	"cStringIO": "io", "cPickle": "pickle", "ConfigParser": "configparser", "Queue": "queue",
	"HTMLParser":  "html.parser",
	"__builtin__": "builtins", "Tkinter": "tkinter", "thread": "_thread", "commands": "subprocess", "md5": "hashlib",
	"sha": "hashlib", "sets": "set", "cookielib": "http.cookiejar", "SocketServer": "socketserver",
	"copy_reg": "copyreg", "anydbm": "dbm", "UserDict": "collections", "UserList": "collections",
	"exceptions": "builtins",
}

// distributions are packages that go by another name where they are installed.
var distributions = map[string]string{
	"cv2": "opencv-python-headless", "sklearn": "scikit-learn", "skimage": "scikit-image", "PIL": "pillow",
	"yaml": "pyyaml", "bs4": "beautifulsoup4", "dateutil": "python-dateutil", "dotenv": "python-dotenv",
	"docx": "python-docx", "pptx": "python-pptx", "fitz": "pymupdf", "Crypto": "pycryptodome", "jwt": "pyjwt",
	"serial": "pyserial", "usb": "pyusb", "git": "gitpython", "attr": "attrs",
	"magic": "python-magic", "slugify": "python-slugify", "odf": "odfpy", "OpenSSL": "pyopenssl",
	"psycopg2": "psycopg2-binary", "MySQLdb": "mysqlclient", "nacl": "pynacl", "zmq": "pyzmq", "umap": "umap-learn",
	"faiss": "faiss-cpu", "Bio": "biopython",
	"pkg_resources": "setuptools", "osgeo": "gdal", "cairo": "pycairo",
	"gi": "pygobject", "wx": "wxpython", "jose": "python-jose",
}

// usual are modules of the standard library that scripts may have meant.
const usual = "argparse array asyncio base64 bisect calendar cmath collections colorsys concurrent configparser " +
	"copy csv dataclasses datetime decimal difflib email enum fractions functools gzip hashlib heapq hmac " +
	"html inspect io itertools json logging math numbers operator pathlib pickle pprint queue random re " +
	"secrets shutil sqlite3 statistics string struct sys tempfile textwrap threading time traceback " +
	"typing unicodedata unittest urllib uuid warnings weakref xml zipfile zlib zoneinfo"

// near are packages whose names are near to that of a module, and meant.
const near = "ujson xarray attrs json5 setuptools"

// names are what scripts use without having it, by what stands in for it.
var names = map[string]string{
	"np": "A line is missing: import numpy as np.", "pd": "A line is missing: import pandas as pd.",
	"plt": "A line is missing: import matplotlib.pyplot as plt.", "sp": "A line is missing: import scipy as sp.",
	"numpy": "A line is missing: import numpy.", "pandas": "A line is missing: import pandas.",
	"sns": "A line is missing: import seaborn as sns.", "tk": noDisplay,
	"os":   "A line is missing: import pathlib, or import os where the operator's list, BLOCKED_IMPORTS, lets it in.",
	"true": "Python writes True.", "false": "Python writes False.", "null": "Python writes None.",
	"undefined": "Python writes None.", "console": "Python writes print().", "get_ipython": notebook,
	"lt": escaped, "gt": escaped, "amp": escaped, "quot": escaped,
	"xrange": "That is Python 2; write range.", "raw_input": "That is Python 2; write input.",
	"unicode": "That is Python 2; write str.", "basestring": "That is Python 2; write str.",
	"long": "That is Python 2; write int.", "unichr": "That is Python 2; write chr.",
	"reduce":   "That is Python 2; write functools.reduce.",
	"execfile": "That is Python 2; write exec(open(name).read()).",
	"cmp":      "That is Python 2; write (a > b) - (a < b).", "reload": "That is Python 2; write importlib.reload.",
	"izip": "That is Python 2; write zip.", "imap": "That is Python 2; write map.",
}
