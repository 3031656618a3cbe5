# Kinds of plot in one figure, laid out.
# expect: {"axes": 4, "patches": 3}
import numpy as np
import matplotlib
import matplotlib.pyplot as plt

def main():
    fig, axes = plt.subplots(2, 2, layout="constrained")
    bars = axes[0, 0].bar(["a", "b", "c"], [1, 2, 3])
    axes[0, 1].scatter(np.arange(10), np.arange(10) ** 2)
    axes[1, 0].imshow(np.eye(8), cmap="viridis")
    axes[1, 1].contourf(np.add.outer(np.arange(9), np.arange(9)))
    fig.canvas.draw()
    n = len(fig.axes)
    plt.close(fig)
    assert matplotlib.get_backend().lower() == "agg"
    return {"axes": n, "patches": len(bars)}
