# A figure filled with red, read back as an array.
# expect: {"pixel": [255, 0, 0, 255]}
import numpy as np
import matplotlib.pyplot as plt

def main():
    fig = plt.figure(facecolor="red")
    fig.canvas.draw()
    pixel = np.asarray(fig.canvas.buffer_rgba())[10, 10].tolist()
    plt.close(fig)
    return {"pixel": pixel}
