"""A client of the Model Context Protocol that is none of ours.

    client.py URL MODE    MODE: "auto", or "legacy" for the protocol of 2025

Prints one JSON object: the tool as it is described, and what came of calls.
"""

import asyncio
import json
import sys

from mcp.client.client import Client

CALLS = {
    "result": {"script": "def main(input):\n    print('out')\n    return {'double': input * 2.0}", "input": 21},
    "exception": {"script": "def main():\n    return 1 / 0"},
    "denied": {"script": "import urllib.request\ndef main(): urllib.request.urlopen('http://10.0.0.1')"},
    "bad field": {"code": "1"},
}


async def main(url, mode):
    seen = {}
    async with Client(url, mode=mode) as client:
        [tool] = (await client.list_tools()).tools
        for name, arguments in CALLS.items():
            # The client checks the structured content against the output schema.
            r = await client.call_tool(tool.name, arguments)
            seen[name] = {"error": r.is_error, "text": r.content[0].text, "structured": r.structured_content}
        try:
            await client.call_tool("no_such_tool", {})
        except Exception as e:
            seen["unknown tool"] = str(e)
        print(json.dumps({"tool": tool.model_dump(mode="json", by_alias=True, exclude_none=True), "calls": seen}))


asyncio.run(main(sys.argv[1], sys.argv[2]))
