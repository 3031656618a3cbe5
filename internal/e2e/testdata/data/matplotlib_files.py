# The same figure as file in four formats.
# expect: {"png": "89504e47", "pdf": "25504446", "svg": true, "jpg": "ffd8ff"}
import matplotlib.pyplot as plt

def main():
    fig, ax = plt.subplots()
    ax.hist([1, 1, 2, 3, 5, 8], bins=4)
    for kind in ("png", "pdf", "svg", "jpg"):
        fig.savefig("figure." + kind)
    plt.close(fig)
    head = lambda kind, n: open("figure." + kind, "rb").read(n)
    return {"png": head("png", 4).hex(), "pdf": head("pdf", 4).hex(), "svg": b"<svg" in head("svg", 2000), "jpg": head("jpg", 3).hex()}
