# Threads that Python knows nothing of: each waits on a futex of its own. The
# kernel counts by uid, and another server here may by chance have a worker of it.
# result~: \["EAGAIN",1[45]\]
# in podman-nons-user gvisor-user: status: killed
# because: the server, not the kernel, keeps this limit there, and ends the run
import time


def main():
    wait = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
    pause = ctypes.cast(libc.pause, ctypes.c_void_p)
    made, thread = 0, ctypes.c_ulong()
    attributes = ctypes.create_string_buffer(64)
    libc.pthread_attr_init(attributes)
    libc.pthread_attr_setstacksize(attributes, ctypes.c_size_t(64 << 10))
    for _ in range(1000):
        r = libc.pthread_create(ctypes.byref(thread), attributes, pause, None)
        if r:
            return [errno.errorcode[r], made]
        made += 1
        time.sleep(0.002)
    return ["made", made]
