# Eight threads of the script, each with a product of its own.
# expect: {"traces": 8}
from concurrent.futures import ThreadPoolExecutor
import numpy as np

def main():
    def work(k):
        a = np.full((200, 200), float(k))
        return np.trace(a @ a) == 200 * 200 * k * k
    with ThreadPoolExecutor(8) as pool:
        return {"traces": sum(map(bool, pool.map(work, range(8))))}
