#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// What Swift cannot call (variadic system calls, macros) or what the C library's Swift overlay lacks.
// Everything returns -1 and sets errno on failure unless it says otherwise.

/// renameat2(2) with RENAME_NOREPLACE.
int firn_rename_no_replace(int old_directory, const char *old_path, int new_directory, const char *new_path);

/// openat2(2) with RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS: nothing outside the directory, no symbolic links.
int firn_open_beneath(int directory, const char *path, uint64_t flags, uint64_t mode);

/// fallocate(2) of the first bytes of a file: they take room without being written.
int firn_allocate(int file, int64_t size);

/// ioprio_set(2) of the calling thread: the best-effort class at a level from 0 (first) to 7 (last).
int firn_set_best_effort(int level);

/// getrandom(2) without flags.
ssize_t firn_random(void *buffer, size_t length);

/// mallopt(3) of M_ARENA_MAX: how many pools of memory the allocator keeps for all threads; 0 where it refuses.
int firn_limit_memory_pools(int count);

/// The kernel's id of the calling thread.
pid_t firn_thread_id(void);

/// The name of the calling thread, of which the kernel keeps 15 bytes.
void firn_name_thread(const char *name);

/// "ENOENT", or NULL for a number that is no error.
const char *firn_error_name(int error);

/// "No such file or directory", or NULL for a number that is no error.
const char *firn_error_text(int error);

/// The bits of a device number.
uint32_t firn_device_major(uint64_t device);
uint32_t firn_device_minor(uint64_t device);
