# A document of Word is written and read; a PDF that matplotlib wrote is, too.
# expect: {"docx": ["Title", "Some text"], "cell": "x", "pages": 3, "author": "Ada", "text": true}
import io

import docx
import matplotlib.pyplot as plt
from pypdf import PdfReader, PdfWriter

def main():
    document = docx.Document()
    document.add_heading("Title", 1)
    document.add_paragraph("Some ").add_run("text").bold = True
    document.add_table(1, 1).cell(0, 0).text = "x"
    document.save("a.docx")
    back = docx.Document("a.docx")

    fig = plt.figure()
    fig.text(0.5, 0.5, "in the picture", parse_math=False)
    plt.rcParams["pdf.fonttype"] = 42
    fig.savefig("a.pdf")
    plt.close(fig)
    writer = PdfWriter()
    writer.append("a.pdf")
    writer.append("a.pdf")
    writer.add_blank_page(100, 100)
    writer.add_metadata({"/Author": "Ada"})
    out = io.BytesIO()
    writer.write(out)
    reader = PdfReader(out)
    return {
        "docx": [p.text for p in back.paragraphs],
        "cell": back.tables[0].cell(0, 0).text,
        "pages": len(reader.pages),
        "author": reader.metadata.author,
        "text": "in the picture" in reader.pages[0].extract_text(),
    }
