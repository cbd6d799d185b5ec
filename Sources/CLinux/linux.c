#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <linux/ioprio.h>
#include <linux/openat2.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int firn_rename_no_replace(int old_directory, const char *old_path, int new_directory, const char *new_path) {
    return renameat2(old_directory, old_path, new_directory, new_path, RENAME_NOREPLACE);
}

int firn_open_beneath(int directory, const char *path, uint64_t flags, uint64_t mode) {
    struct open_how how = {.flags = flags, .mode = mode, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int firn_allocate(int file, int64_t size) { return fallocate(file, 0, 0, size); }

int firn_set_best_effort(int level) {
    return (int)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, level));
}

ssize_t firn_random(void *buffer, size_t length) { return getrandom(buffer, length, 0); }

int firn_limit_memory_pools(int count) { return mallopt(M_ARENA_MAX, count); }

pid_t firn_thread_id(void) { return (pid_t)syscall(SYS_gettid); }

void firn_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

const char *firn_error_name(int error) { return strerrorname_np(error); }

const char *firn_error_text(int error) { return strerrordesc_np(error); }

uint32_t firn_device_major(uint64_t device) { return major(device); }

uint32_t firn_device_minor(uint64_t device) { return minor(device); }
