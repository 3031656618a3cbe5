package web

import (
	"bytes"
	"encoding/json"
)

// Example is a request to POST /execute and the reply it gets, to the byte.
type Example struct {
	Name     string // short, unique, stable; made for anchors and test names
	Title    string
	Script   string
	Request  json.RawMessage // the whole body
	Status   int             // of HTTP
	Response json.RawMessage // the whole body
	fields   []jsonField     // of the request, besides script
}

// jsonField is a member of a request: the value is JSON.
type jsonField struct{ name, value string }

// Examples returns all examples of the documentation. No reply in it holds
// anything that differs from run to run.
func Examples() []Example {
	out := make([]Example, len(examples))
	for i, e := range examples {
		var body bytes.Buffer
		enc := json.NewEncoder(&body)
		enc.SetEscapeHTML(false)
		body.WriteString(`{"script":`)
		if err := enc.Encode(e.Script); err != nil {
			panic(err) // a string can be encoded
		}
		body.Truncate(body.Len() - 1) // the newline Encode adds
		for _, f := range e.fields {
			body.WriteString(`,"` + f.name + `":` + f.value)
		}
		body.WriteByte('}')
		e.Request = body.Bytes()
		out[i] = e
	}
	return out
}

var examples = []Example{
	{
		Name: "first", Title: "Return a value and print",
		Script: `def main():
    result = 2 + 2
    print(f'Calculating: 2 + 2')
    return result`,
		Status:   200,
		Response: json.RawMessage(`{"result":4,"stdout":"Calculating: 2 + 2\n"}`),
	},
	{
		Name: "smallest", Title: "The smallest script",
		Script: `def main():
    return 2+2`,
		Status:   200,
		Response: json.RawMessage(`{"result":4,"stdout":""}`),
	},
	{
		Name: "object", Title: "Return an object",
		Script: `def main():
    print('Hello World')
    return {'message': 'success', 'value': 42}`,
		Status:   200,
		Response: json.RawMessage(`{"result":{"message":"success","value":42},"stdout":"Hello World\n"}`),
	},
	{
		Name: "input", Title: "Hand a value to main",
		Script: `def main(order):
    return {'sum': sum(order['prices']), 'for': order['customer']}`,
		fields:   []jsonField{{"input", `{"customer":"Ada","prices":[3,4.5,5]}`}},
		Status:   200,
		Response: json.RawMessage(`{"result":{"sum":12.5,"for":"Ada"},"stdout":""}`),
	},
	{
		Name: "stdin", Title: "Read standard input",
		Script: `def main():
    name = input()
    print(f'Hello, {name}!')
    return len(name)`,
		fields:   []jsonField{{"stdin", `"Ada\n"`}},
		Status:   200,
		Response: json.RawMessage(`{"result":3,"stdout":"Hello, Ada!\n"}`),
	},
	{
		Name: "inputs", Title: "Run a script for many inputs and compare the results",
		Script: `def main(n):
    if n < 1:
        raise ValueError("n must be positive")
    return 12 // n`,
		fields: []jsonField{{"inputs", `[3,5,0]`}, {"expected", `[4.0,3,1]`}},
		Status: 200,
		Response: json.RawMessage(`{"results":[{"result":4,"stdout":"","passed":true},` +
			`{"result":2,"stdout":"","passed":false},` +
			`{"error":"ValueError: n must be positive","status":"script_error",` +
			`"stdout":"","stderr":"","traceback":"Traceback (most recent call last):\n  File \"script.py\", ` +
			`line 3, in main\n    raise ValueError(\"n must be positive\")\n` +
			`ValueError: n must be positive\n","line":3,"passed":false}],` +
			`"summary":{"count":3,"failed":1,"expected":3,"passed":1}}`),
	},
	{
		Name: "cases", Title: "Grade a program by what it prints",
		Script: `total = sum(map(int, input().split()))
print(total)
total`,
		fields: []jsonField{{"cases", `[{"stdin":"1 2\n","expected_stdout":"3"},` +
			`{"stdin":"2 2\n","expected_stdout":"5"}]`}, {"entry", "null"}},
		Status: 200,
		Response: json.RawMessage(`{"results":[{"result":3,"stdout":"3\n","passed":true},` +
			`{"result":4,"stdout":"4\n","passed":false}],` +
			`"summary":{"count":2,"failed":0,"expected":2,"passed":1}}`),
	},
	{
		Name: "program", Title: "Run a program, without main()",
		Script: `total = sum(n * n for n in range(4))
print('squares up to 3')
total`,
		fields:   []jsonField{{"entry", `null`}},
		Status:   200,
		Response: json.RawMessage(`{"result":14,"stdout":"squares up to 3\n"}`),
	},
	{
		Name: "convert", Title: "Have values converted to JSON",
		Script: `from datetime import date
from decimal import Decimal

def main():
    return {'day': date(2024, 2, 29), 'price': Decimal('9.90'), 'tags': {'b', 'a'}, 'rate': float('nan')}`,
		fields: []jsonField{{"convert", `true`}},
		Status: 200,
		Response: json.RawMessage(`{"result":{"day":"2024-02-29","price":"9.90","tags":["a","b"],"rate":null},` +
			`"stdout":""}`),
	},
	{
		Name: "spread", Title: "Call another function with keyword arguments",
		Script: `def area(width, height=1):
    return width * height`,
		fields:   []jsonField{{"entry", `"area"`}, {"input", `{"width":3,"height":2.5}`}, {"spread", `true`}},
		Status:   200,
		Response: json.RawMessage(`{"result":7.5,"stdout":""}`),
	},
	{
		Name: "timeout", Title: "Ask for a shorter time limit",
		Script: `def main():
    return sum(range(1000))`,
		fields:   []jsonField{{"timeout", `2.5`}},
		Status:   200,
		Response: json.RawMessage(`{"result":499500,"stdout":""}`),
	},
	{
		Name: "async", Title: "An asynchronous main is awaited",
		Script: `import asyncio

async def double(n):
    await asyncio.sleep(0.01)
    return 2 * n

async def main():
    return await asyncio.gather(double(1), double(2), double(3))`,
		Status:   200,
		Response: json.RawMessage(`{"result":[2,4,6],"stdout":""}`),
	},
	{
		Name: "exact-numbers", Title: "Numbers arrive as Python wrote them",
		Script: `def main():
    return {'large': 2 ** 64 + 1, 'float': 8 / 2, 'integer': 8 // 2}`,
		Status:   200,
		Response: json.RawMessage(`{"result":{"large":18446744073709551617,"float":4.0,"integer":4},"stdout":""}`),
	},
	{
		Name: "calculator", Title: "A calculation with variables",
		Script: `def main():
    x = 10
    y = 5
    result = x * y
    print(f'{x} * {y} = {result}')
    return result`,
		Status:   200,
		Response: json.RawMessage(`{"result":50,"stdout":"10 * 5 = 50\n"}`),
	},
	{
		Name: "math", Title: "The standard library",
		Script: `import math

def main():
    print('Starting mathematical operations...')
    result = {
        'addition': 2 + 2,
        'multiplication': 5 * 6,
        'square_root': math.sqrt(16),
        'factorial': math.factorial(5),
        'powers': [2 ** n for n in range(5)],
    }
    print('Operations completed:')
    for name, value in result.items():
        print(f'  {name}: {value}')
    return result`,
		Status: 200,
		Response: json.RawMessage(`{"result":{"addition":4,"multiplication":30,"square_root":4.0,` +
			`"factorial":120,"powers":[1,2,4,8,16]},` +
			`"stdout":"Starting mathematical operations...\nOperations completed:\n  addition: 4\n  ` +
			`multiplication: 30\n  square_root: 4.0\n  factorial: 120\n  powers: [1, 2, 4, 8, 16]\n"}`),
	},
	{
		Name: "numbers", Title: "Figures of a list",
		Script: `def main():
    numbers = [10, 20, 30, 40, 50]
    total = sum(numbers)
    average = total / len(numbers)
    print(f'Numbers: {numbers}')
    print(f'Total: {total}')
    print(f'Average: {average}')
    return {
        'numbers': numbers,
        'total': total,
        'average': average,
        'max': max(numbers),
        'min': min(numbers),
    }`,
		Status: 200,
		Response: json.RawMessage(`{"result":{"numbers":[10,20,30,40,50],"total":150,"average":30.0,"max":50,` +
			`"min":10},` +
			`"stdout":"Numbers: [10, 20, 30, 40, 50]\nTotal: 150\nAverage: 30.0\n"}`),
	},
	{
		Name: "employees", Title: "Records",
		Script: `def main():
    employees = [
        {'name': 'Alice', 'salary': 75000},
        {'name': 'Bob', 'salary': 65000},
        {'name': 'Charlie', 'salary': 80000},
    ]
    print('Processing employee data...')
    total = sum(e['salary'] for e in employees)
    average = total / len(employees)
    print(f'Total employees: {len(employees)}')
    print(f'Average salary: ${average:,.2f}')
    return {
        'employees': [e['name'] for e in employees],
        'total_salary': total,
        'average_salary': round(average, 2),
        'employee_count': len(employees),
    }`,
		Status: 200,
		Response: json.RawMessage(`{"result":{"employees":["Alice","Bob","Charlie"],"total_salary":220000,` +
			`"average_salary":73333.33,"employee_count":3},` +
			`"stdout":"Processing employee data...\nTotal employees: 3\nAverage salary: $73,333.33\n"}`),
	},
	{
		Name: "main-missing", Title: "Refused: no main",
		Script: `def hello(): return 'world'`,
		Status: 400,
		Response: json.RawMessage(`{"error":"Script must contain a 'main()' function","status":"main_missing",` +
			`"hint":"Define it, or set \"entry\" in the request: the name of the function to call, or null to run ` +
			`the script as a program, which reads stdin and is handed no input."}`),
	},
	{
		Name: "import-blocked", Title: "Refused: a blocked import",
		Script: `import os
def main():
    return "hello"`,
		Status: 400,
		Response: json.RawMessage(`{"error":"Script contains potentially dangerous code: import os",` +
			`"status":"import_blocked","line":1,` +
			`"hint":"pathlib, shutil, glob and tempfile do what a script can do with files and paths. Which imports ` +
			`are refused before the run is the operator's choice, BLOCKED_IMPORTS."}`),
	},
	{
		Name: "network", Title: "Refused: the network",
		Script: `import urllib.request

def main():
    return urllib.request.urlopen('http://169.254.169.254').status`,
		Status: 422,
		Response: json.RawMessage(`{"error":"urllib.error.URLError: <urlopen error [Errno 1] Operation not ` +
			`permitted>","status":"script_error","stdout":"","stderr":"",` +
			`"traceback":"PermissionError: [Errno 1] Operation not permitted\n\nDuring handling of the above ` +
			`exception, another exception occurred:\n\n` +
			`Traceback (most recent call last):\n  File \"script.py\", line 4, in main\n    return ` +
			`urllib.request.urlopen('http://169.254.169.254').status\n` +
			`           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\nurllib.error.URLError: <urlopen ` +
			`error [Errno 1] Operation not permitted>\n","line":4,` +
			`"denied":"network access is not available to scripts (refused by seccomp)","hint":"Hand over ` +
			`what the script needs as input or files, and send on what it returns."}`),
	},
	{
		Name: "not-json", Title: "Failed: the result is not JSON",
		Script: `def main():
    return object()`,
		Status: 422,
		Response: json.RawMessage(`{"error":"main() function must return JSON-serializable data, got: ` +
			`object","status":"not_json",` +
			`"stdout":"","stderr":"","hint":"Return dict, list, str, int, float, bool and None, and nothing ` +
			`else in them; str(x) makes text of anything."}`),
	},
	{
		Name: "exception", Title: "Failed: an exception",
		Script: `def main():
    prices = []
    print('Averaging')
    return sum(prices) / len(prices)`,
		Status: 422,
		Response: json.RawMessage(`{"error":"ZeroDivisionError: division by zero","status":"script_error",` +
			`"stdout":"Averaging\n","stderr":"",` +
			`"traceback":"Traceback (most recent call last):\n  File \"script.py\", line 4, in main\n    ` +
			`return sum(prices) / len(prices)\n           ~~~~~~~~~~~~^~~~~~~~~~~~~\nZeroDivisionError: ` +
			`division by zero\n","line":4}`),
	},
	{
		Name: "exited", Title: "Failed: the script ended itself",
		Script: `def main():
    print('so far so good')
    raise SystemExit(3)`,
		Status: 422,
		Response: json.RawMessage(`{"error":"Script exited with code 3 before main() returned","status":"exited",` +
			`"stdout":"so far so good\n","stderr":""}`),
	},
	{
		Name: "bad-field", Title: "Refused: a field misspelt",
		Script: `def main():
    return 1`,
		fields: []jsonField{{"time_out", `5`}},
		Status: 400,
		Response: json.RawMessage(`{"error":"unknown field \"time_out\": a request has only script, input, ` +
			`stdin, files, timeout, report, return_files, entry, spread, convert, env, args, environment, ` +
			`inputs, cases, expected, isolation",` +
			`"status":"invalid_request"}`),
	},
}
