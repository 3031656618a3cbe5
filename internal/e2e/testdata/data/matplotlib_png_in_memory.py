# A figure as PNG in memory, of the size that was asked for.
# expect: {"signature": "89504e470d0a1a0a", "width": 640, "height": 480}
import io
import struct
import matplotlib.pyplot as plt

def main():
    fig, ax = plt.subplots(figsize=(6.4, 4.8), dpi=100)
    ax.plot([1, 2, 3], [1, 4, 9], label="squares")
    ax.set_title("Grüße, $x^2$")
    ax.legend()
    out = io.BytesIO()
    fig.savefig(out, format="png")
    plt.close(fig)
    width, height = struct.unpack(">II", out.getvalue()[16:24])
    return {"signature": out.getvalue()[:8].hex(), "width": width, "height": height}
