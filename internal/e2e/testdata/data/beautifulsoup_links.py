# The links of a page, and its text, with the parsers that there are.
# expect: {"links": ["/a", "/b"], "text": "One two", "mended": ["<b>x</b>", "<b>x</b>", "<b>x</b>"]}
from bs4 import BeautifulSoup

def main():
    soup = BeautifulSoup('<p>One <i>two</i></p><a href="/a">A</a><a class="x" href="/b">B</a>', "html.parser")
    return {
        "links": [a["href"] for a in soup.select("a[href]")],
        "text": soup.p.get_text(),
        "mended": [str(BeautifulSoup("<b>x", parser).b) for parser in ("html.parser", "lxml", "html5lib")],
    }
