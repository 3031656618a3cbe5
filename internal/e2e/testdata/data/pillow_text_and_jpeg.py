# Text with the font that comes along, as JPEG, by way of /tmp.
# expect: {"mode": "L", "dark": true}
from PIL import Image, ImageDraw

def main():
    image = Image.new("L", (200, 40), 255)
    ImageDraw.Draw(image).text((10, 10), "Hello", fill=0)
    image.save("a.jpg", quality=90)
    back = Image.open("a.jpg")
    return {"mode": back.mode, "dark": back.getextrema()[0] < 64}
