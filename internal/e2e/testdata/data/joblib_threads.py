# joblib alone: what it would give to processes it gives to threads, and says nothing.
# expect: {"threads": true, "default": true, "sums": [[0, 1, 4], [0, 1, 4], [0, 1, 4]], "cores": true, "many": [0, 1, 2]}
import threading
import joblib
from joblib import Parallel, delayed

def meet(barrier):
    return barrier.wait(20) >= 0  # which needs as many at once

def many():  # on a machine with more cores than a run has threads
    joblib._parallel_backends.cpu_count = lambda: 500
    return Parallel(n_jobs=-1)(delayed(abs)(-n) for n in range(3))

def main():
    def together(**given):
        barrier = threading.Barrier(4)
        return all(Parallel(n_jobs=4, **given)(delayed(meet)(barrier) for _ in range(4)))

    sums = [Parallel(n_jobs=2, backend=b)(delayed(pow)(n, 2) for n in range(3)) for b in ("loky", "multiprocessing", "threading")]
    with joblib.parallel_config("loky", inner_max_num_threads=1):
        default = together()
    return {"threads": together(backend="threading"), "default": default and together(prefer="processes"), "sums": sums,
            "many": many(), "cores": joblib.cpu_count(only_physical_cores=True) > 0}
