# A tone of 50 Hz, one second at 1000 Hz: the largest bin is bin 50, of height n/2.
# expect: {"bin": 50, "height": 500.0}
import numpy as np

def main():
    t = np.arange(1000) / 1000
    spectrum = np.abs(np.fft.rfft(np.sin(2 * np.pi * 50 * t)))
    return {"bin": int(spectrum.argmax()), "height": round(float(spectrum.max()), 6)}
