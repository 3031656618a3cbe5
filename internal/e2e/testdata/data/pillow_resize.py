# An image is drawn, made smaller and read back.
# expect: {"size": [50, 25], "format": "PNG", "left": [255, 255, 255], "right": [0, 0, 255]}
import io
from PIL import Image, ImageDraw

def main():
    image = Image.new("RGB", (100, 50), "white")
    ImageDraw.Draw(image).rectangle((50, 0, 99, 49), fill="blue")
    out = io.BytesIO()
    image.resize((50, 25)).save(out, "PNG")
    back = Image.open(io.BytesIO(out.getvalue()))
    return {"size": list(back.size), "format": back.format, "left": list(back.getpixel((5, 5))), "right": list(back.getpixel((45, 5)))}
