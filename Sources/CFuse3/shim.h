#pragma once
#define FUSE_USE_VERSION 314
#include <fuse3/fuse_lowlevel.h>
#include <fuse3/fuse_log.h>

// The kernel's own side of the protocol: replies that libfuse 3.14 has no call for are written in it.
#include <linux/fuse.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

/// Newer than the installed headers: a file whose bytes the kernel reads itself (Linux 6.9).
struct firn_fuse_backing_map {
    int32_t fd;
    uint32_t flags;
    uint64_t padding;
};

/// The id under which the kernel keeps `file`, or -1 and errno.
static inline int firn_fuse_backing_open(int device, int file) {
    struct firn_fuse_backing_map map = {file, 0, 0};
    return ioctl(device, _IOW(229, 1, struct firn_fuse_backing_map), &map);
}

static inline int firn_fuse_backing_close(int device, uint32_t id) {
    return ioctl(device, _IOW(229, 2, uint32_t), &id);
}
