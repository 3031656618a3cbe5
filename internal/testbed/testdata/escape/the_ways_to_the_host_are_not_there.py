# What leads from a container with all of root's rights to its host: files that
# tell the kernel what to run, the memory and the disks of the machine, file
# systems that have them. They are opened for writing, and nothing is written.
# result: {"files": "refused", "nodes": "EPERM", "file systems": "EPERM"}
# in podman-nons-user: result: {"files": "EISDIR", "nodes": "EPERM", "file systems": "EPERM"}
# because: the kernel says so of a directory that is there before Landlock is asked
S_IFCHR, S_IFBLK, MS_RDONLY = 0o020000, 0o060000, 1

FILES = {
    "/proc": "sys/kernel/core_pattern sys/kernel/modprobe sys/kernel/randomize_va_space sys/kernel/ns_last_pid sys/vm/panic_on_oom sys/fs/binfmt_misc/register sysrq-trigger kcore kmsg mem "
             "self/mem self/oom_score_adj self/uid_map 1/root 1/cwd 1/exe irq/default_smp_affinity scsi/scsi acpi/wakeup",
    "/sys": "kernel/uevent_helper kernel/mm/transparent_hugepage/enabled kernel/debug kernel/tracing/trace_marker kernel/security kernel/config fs/cgroup/release_agent fs/cgroup/cgroup.procs "
            "fs/cgroup/memory/memory.limit_in_bytes fs/cgroup/devices/devices.allow fs/cgroup/memory.max fs/bpf module/firmware_class/parameters/path power/state block/vda/uevent devices/system/cpu/online "
            "bus/pci/rescan class/net firmware/efi/efivars firmware/acpi/tables",
    "/dev": "mem kmem port kmsg hwrng kvm vda sda nvme0n1 xvda dm-0 mapper/control loop0 loop-control btrfs-control fuse net/tun tty0 vcs vport0p0 vsock vhost-net vhost-vsock uinput userfaultfd "
            "cpu_dma_latency cpu/0/msr rtc0 snapshot nvram autofs pts ptmx shm mqueue hugepages",
}
NODES = {S_IFCHR: [(1, 1), (1, 2), (1, 4), (1, 11), (5, 0), (10, 200), (10, 229), (10, 232), (10, 237), (10, 241), (202, 0)], S_IFBLK: [(7, 0), (8, 0), (202, 0), (253, 0), (254, 0), (259, 0)]}
SYSTEMS = "proc sysfs devtmpfs devpts cgroup cgroup2 debugfs tracefs securityfs configfs efivarfs binfmt_misc bpf mqueue ramfs overlay fuse ext4 9p virtiofs nfs".split()


def opens(path, flags):
    os.close(os.open(path, flags))


def main():
    files = {outcome(opens, f"{top}/{name}", flags) for top, names in FILES.items() for name in names.split() for flags in (os.O_RDONLY, os.O_WRONLY)}
    nodes = {outcome(os.mknod, "node", kind | 0o666, os.makedev(*number)) for kind, numbers in NODES.items() for number in numbers}
    systems = {call("mount", "/dev/vda", ".", system, MS_RDONLY, 0) for system in SYSTEMS}
    only = lambda came: came.pop() if len(came) == 1 else sorted(map(str, came))
    return {"files": "refused" if files <= NOT_YOURS else only(files - NOT_YOURS), "nodes": only(nodes), "file systems": only(systems)}
