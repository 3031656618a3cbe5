# A table with colours as HTML, and as LaTeX, by way of jinja2.
# expect: {"cell": "background-color: yellow", "caption": true, "latex": ["\\begin{tabular}{lr}", " & a \\\\", "0 & 1.50 \\\\", "\\end{tabular}"], "plain": true, "display": true}
import pandas as pd

def main():
    df = pd.DataFrame({"a": [1.5, 3.25]})
    html = df.style.highlight_max(color="yellow").format("{:.2f}").set_caption("Sales").to_html()
    latex = df.style.format("{:.2f}").to_latex().splitlines()
    return {
        "cell": html.split("{", 1)[1].split("}")[0].strip().rstrip(";"),
        "caption": "<caption>Sales</caption>" in html and ">3.25</td>" in html,
        "latex": [latex[0], latex[1], latex[2], latex[-1]],
        "plain": r"\toprule" in df.to_latex(),
        "display": df.style._repr_html_().startswith("<style"),
    }
