# Tables of a page, read with each of the parsers.
# expect: {"lxml": [1, 2], "bs4": [1, 2], "html5lib": [1, 2], "xml": ["x", "y"], "xpath": ["b"], "written": true}
import io

import lxml.etree
import lxml.html
import pandas as pd

PAGE = "<html><body><table><tr><th>a</th></tr><tr><td>1</td></tr><tr><td>2</td></tr></table></body></html>"

def main():
    out = {f: pd.read_html(io.StringIO(PAGE), flavor=f)[0]["a"].tolist() for f in ("lxml", "bs4", "html5lib")}
    out["xml"] = pd.read_xml(io.StringIO("<r><i><v>x</v></i><i><v>y</v></i></r>"))["v"].tolist()
    out["xpath"] = lxml.html.fromstring("<p><b>b</b></p>").xpath("//b/text()")
    out["written"] = b"<v>x</v>" in lxml.etree.tostring(lxml.etree.fromstring(pd.DataFrame({"v": ["x"]}).to_xml().encode()))
    return out
