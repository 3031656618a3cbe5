package runtime

import "strings"

// way is what makes JSON of a value that is none: an expression of x, the value, and
// what else there is to say; or only a sentence.
type way struct{ expr, more, sentence string }

// ways are the words of the harness, see ways.py there, which has tried them. A word
// with "+" behind it makes text of what is inside; with "*" the request's convert
// would do it, too.
var ways = map[string]way{
	"str":              {expr: "str(x)"},
	"int":              {expr: "int(x)"},
	"float":            {expr: "float(x)", more: ", or with str(x) where each digit counts"},
	"bool":             {expr: "bool(x)"},
	"complex":          {expr: "str(x)", more: ", or with [float(x.real), float(x.imag)]"},
	"list":             {expr: "list(x)"},
	"sorted":           {expr: "sorted(x)", more: ", or with list(x) in any order"},
	"texts":            {expr: "[str(v) for v in x]"},
	"dict":             {expr: "dict(x)"},
	"sections":         {expr: "{name: dict(x[name]) for name in x}"},
	"vars":             {expr: "vars(x)"},
	"decode":           {expr: ".decode()", more: ", or with base64.b64encode(x).decode() where it is no text"},
	"decode_view":      {expr: "bytes(x).decode()", more: ", or with base64.b64encode(x).decode()"},
	"base64":           {expr: "base64.b64encode(x).decode()", more: ": it is no text"},
	"base64_of_buffer": {expr: "base64.b64encode(x.getvalue()).decode()", more: "; for text .getvalue().decode()"},
	"getvalue":         {expr: ".getvalue()"},
	"isoformat":        {expr: ".isoformat()"},
	"total_seconds":    {expr: ".total_seconds()"},
	"value":            {expr: ".value", more: ", or with .name"},
	"name":             {expr: ".name"},
	"cell":             {expr: ".value"},
	"group":            {expr: ".group()", more: ", or with .groups()"},
	"pattern":          {expr: ".pattern"},
	"item":             {expr: ".item()", more: ": a scalar of numpy's is none of Python's"},
	"tolist":           {expr: ".tolist()"},
	"finite_or_none":   {expr: "np.where(np.isfinite(x), x, None).tolist()", more: ": JSON has no NaN and no Infinity"},
	"astype":           {expr: ".astype(str).tolist()"},
	"toarray":          {expr: ".toarray().tolist()"},
	"records":          {expr: `.to_dict("records")`},
	"to_dict":          {expr: ".to_dict()"},
	"to_json":          {expr: `json.loads(x.to_json(date_format="iso"))`},
	"to_json_records":  {expr: `json.loads(x.to_json(orient="records", date_format="iso"))`},
	"to_pylist":        {expr: ".to_pylist()"},
	"as_py":            {expr: ".as_py()"},
	"to_dicts":         {expr: ".to_dicts()"},
	"to_list":          {expr: ".to_list()"},
	"rows":             {expr: "list(x.values)"},
	"asdict":           {expr: "dataclasses.asdict(x)"},
	"attrs":            {expr: "attrs.asdict(x)"},
	"msgspec":          {expr: "msgspec.to_builtins(x)"},
	"model_dump":       {expr: `.model_dump(mode="json")`},
	"model_dict":       {expr: ".dict()"},
	"model_json":       {expr: "json.loads(x.json())"},
	"vector":           {expr: ".coef.tolist()"},
	"tostring":         {expr: `xml.etree.ElementTree.tostring(x, encoding="unicode")`},
	"tostring_lxml":    {expr: `lxml.etree.tostring(x, encoding="unicode")`},
	"class":            {expr: ".__name__", more: ": it is a class; an object of it is x()"},
	"module":           {expr: ".__name__", more: ": it is a module; return what is in it"},
	"read":             {expr: ".read()"},
	"read_bytes": {expr: ".read().decode()",
		more: ", or with base64.b64encode(x.read()).decode() where it is no text"},
	"result":     {expr: ".result()"},
	"generator":  {expr: "list(x)", more: ", or with list(itertools.islice(x, 100)) where it has no end"},
	"islice":     {expr: "list(itertools.islice(x, 100))", more: ": it has no end"},
	"async_list": {expr: "[v async for v in x]", more: ", in an async def main()"},
	"call":       {sentence: "It is a function: return what it gives, f() and not f."},
	"await": {sentence: "An await is missing: return await x in an async def main(), which the service runs, " +
		"or asyncio.run(x)."},
	"await_program": {sentence: "An await is missing: await x, which in a program may stand outside of functions, " +
		"or asyncio.run(x)."},
	"missing": {sentence: "Return None instead: it stands for a value that is missing."},
	"finite":  {sentence: "Return None instead: JSON has no NaN and no Infinity."},
	"twice":   {sentence: "Rename one of the two: as members of a JSON object they have the same name."},
	"copy":    {sentence: "Return a copy without that reference: JSON is a tree."},
	"key": {sentence: "Convert the keys to str, as with {str(k): v for k, v in x.items()}; int, finite float, bool " +
		"and None are taken, too."},
	"template": {sentence: "It is a template and no text: write f in the place of t, or call substitute() of a " +
		"string.Template."},
	"file":          {sentence: "Close it, and set return_files in the request: the file itself comes back."},
	"save_book":     {sentence: `Save it, with x.save("book.xlsx"), and set return_files: the file comes back.`},
	"save_document": {sentence: "Save it, with x.save(name), and set return_files: the file comes back."},
	"save_image":    {sentence: `Return it alone, or save it, with x.save("image.png"), and set return_files.`},
}

const noWay = "Return dict, list, str, int, float, bool and None, and nothing else in them; str(x) makes text " +
	"of anything."

// valueHint is what makes JSON of a value that a worker has this word for. asked is
// what the request has of convert and program already.
func valueHint(word string, asked Options) string {
	word, converted := strings.CutSuffix(word, "*")
	word, deep := strings.CutSuffix(word, "+")
	if word == "await" && asked.Program {
		word = "await_program"
	}
	w, ok := ways[word]
	switch {
	case !ok:
		return noWay
	case w.sentence == "":
		if deep {
			if w.expr[0] == '.' {
				w.expr = "x" + w.expr
			}
			w.expr, w.more = "json.loads(json.dumps("+w.expr+", default=str))", ", which makes text of what is inside"
		}
		w.sentence = "Convert it with " + w.expr + w.more + "."
	}
	if converted && !asked.Convert {
		return strings.TrimSuffix(w.sentence, ".") + `; or send "convert": true.`
	}
	return w.sentence
}
