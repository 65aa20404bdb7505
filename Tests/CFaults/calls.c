// The wrapped calls of the C library, under each of their names.
#include "faults.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

// The C library's own function of this name, looked up once.
#define NEXT(name)                                                  \
    static __typeof__(name) *next;                                  \
    if (!next) next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

static long size_of(int descriptor) {
    struct stat status;
    return faults_remember && fstat(descriptor, &status) == 0 ? (long)status.st_size : 0;
}

// Opening

static int opening(int flags) {
    // A read-only file system refuses whoever wants to write; space is needed for what is created.
    if (flags & O_CREAT) return SPACE | CHANGE | FORBID;
    if (flags & O_TRUNC) return CHANGE | FORBID;
    return (flags & O_ACCMODE) == O_RDONLY ? READ : FORBID;
}

static mode_t mode_argument(int flags, va_list arguments) {
    return flags & (O_CREAT | __O_TMPFILE) ? (mode_t)va_arg(arguments, int) : 0;
}

static void opened(int descriptor, int flags, int was_there, int folder, const char *path) {
    if (!faults_remember || descriptor < 0 || was_there || !(flags & O_CREAT)) return;
    durable_named(folder, NULL, folder, path, 0);
}

static int is_there(int folder, const char *path) {
    return !faults_remember || faccessat(folder, path, F_OK, 0) == 0;
}

#define OPEN(name)                                                              \
    int name(const char *path, int flags, ...) {                                \
        NEXT(name);                                                             \
        va_list arguments;                                                      \
        va_start(arguments, flags);                                             \
        mode_t mode = mode_argument(flags, arguments);                          \
        va_end(arguments);                                                      \
        if (faults_path("open", AT_FDCWD, path, opening(flags)) == FAIL) return -1; \
        int was_there = is_there(AT_FDCWD, path);                               \
        int descriptor = next(path, flags, mode);                               \
        opened(descriptor, flags, was_there, AT_FDCWD, path);                   \
        return descriptor;                                                      \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                            \
    int name(int folder, const char *path, int flags, ...) {                    \
        NEXT(name);                                                             \
        va_list arguments;                                                      \
        va_start(arguments, flags);                                             \
        mode_t mode = mode_argument(flags, arguments);                          \
        va_end(arguments);                                                      \
        if (faults_path("open", folder, path, opening(flags)) == FAIL) return -1; \
        int was_there = is_there(folder, path);                                 \
        int descriptor = next(folder, path, flags, mode);                       \
        opened(descriptor, flags, was_there, folder, path);                     \
        return descriptor;                                                      \
    }
OPENAT(openat)
OPENAT(openat64)

// Writing

static ssize_t wrote(ssize_t count, int descriptor, long size_before, enum verdict verdict) {
    if (verdict == TEAR) faults_end();
    if (count > 0 && faults_remember) durable_changed(descriptor, size_before);
    return count;
}

static size_t share(size_t count, enum verdict verdict) {
    return verdict == HALF || verdict == TEAR ? (count + 1) / 2 : count;
}

static int writing(size_t count) { return count > 1 ? SPACE | CHANGE | FORBID | WRITE : SPACE | CHANGE | FORBID; }

ssize_t write(int descriptor, const void *bytes, size_t count) {
    NEXT(write);
    enum verdict verdict = faults_descriptor("write", descriptor, writing(count));
    if (verdict == FAIL) return -1;
    long size = size_of(descriptor);
    return wrote(next(descriptor, bytes, share(count, verdict)), descriptor, size, verdict);
}

#define PWRITE(name, offset_type)                                                            \
    ssize_t name(int descriptor, const void *bytes, size_t count, offset_type offset) {      \
        NEXT(name);                                                                          \
        enum verdict verdict = faults_descriptor("pwrite", descriptor, writing(count));      \
        if (verdict == FAIL) return -1;                                                      \
        long size = size_of(descriptor);                                                     \
        return wrote(next(descriptor, bytes, share(count, verdict), offset), descriptor, size, verdict); \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    NEXT(writev);
    enum verdict verdict = faults_descriptor("writev", descriptor, writing(2));
    if (verdict == FAIL) return -1;
    long size = size_of(descriptor);
    return wrote(next(descriptor, parts, (int)share((size_t)count, verdict)), descriptor, size, verdict);
}

#define SETTING_SIZE(name, offset_type)                                                         \
    int name(int descriptor, offset_type size) {                                                \
        NEXT(name);                                                                             \
        if (faults_descriptor("ftruncate", descriptor, SPACE | CHANGE | FORBID) == FAIL) return -1; \
        long before = size_of(descriptor);                                                      \
        int result = next(descriptor, size);                                                    \
        if (result == 0 && faults_remember) durable_changed(descriptor, before < size ? before : size); \
        return result;                                                                          \
    }
SETTING_SIZE(ftruncate, off_t)
SETTING_SIZE(ftruncate64, off64_t)

// Returns the error rather than set errno.
#define ALLOCATING(name, offset_type)                                                               \
    int name(int descriptor, offset_type offset, offset_type length) {                              \
        NEXT(name);                                                                                 \
        if (faults_descriptor("posix_fallocate", descriptor, SPACE | CHANGE | FORBID) == FAIL) return errno; \
        long before = size_of(descriptor);                                                          \
        int result = next(descriptor, offset, length);                                              \
        if (result == 0 && faults_remember) durable_changed(descriptor, before);                    \
        return result;                                                                              \
    }
ALLOCATING(posix_fallocate, off_t)
ALLOCATING(posix_fallocate64, off64_t)

#define SYNCHRONIZING(name)                                                                \
    int name(int descriptor) {                                                             \
        NEXT(name);                                                                        \
        if (faults_descriptor(#name, descriptor, SPACE | CHANGE) == FAIL) return -1;       \
        int result = next(descriptor);                                                     \
        if (result == 0 && faults_remember) durable_synchronized(descriptor);              \
        return result;                                                                     \
    }
SYNCHRONIZING(fsync)
SYNCHRONIZING(fdatasync)

// Naming

static int naming(const char *call, int folder, const char *to) {
    return faults_path(call, folder, to, SPACE | CHANGE | FORBID) == FAIL ? -1 : 0;
}

int rename(const char *from, const char *to) {
    NEXT(rename);
    if (naming("rename", AT_FDCWD, to) != 0) return -1;
    int was_there = is_there(AT_FDCWD, to);
    int kept = faults_remember && !was_there ? durable_keep(AT_FDCWD, from) : 0;
    int result = next(from, to);
    if (result == 0 && faults_remember) durable_named(AT_FDCWD, from, AT_FDCWD, to, was_there);
    durable_removed(kept, AT_FDCWD, from, result == 0);
    return result;
}

int renameat(int from_folder, const char *from, int folder, const char *to) {
    NEXT(renameat);
    if (naming("renameat", folder, to) != 0) return -1;
    int was_there = is_there(folder, to);
    int kept = faults_remember && !was_there ? durable_keep(from_folder, from) : 0;
    int result = next(from_folder, from, folder, to);
    if (result == 0 && faults_remember) durable_named(from_folder, from, folder, to, was_there);
    durable_removed(kept, from_folder, from, result == 0);
    return result;
}

int renameat2(int from_folder, const char *from, int folder, const char *to, unsigned flags) {
    NEXT(renameat2);
    if (naming("renameat2", folder, to) != 0) return -1;
    int was_there = is_there(folder, to);
    int kept = faults_remember && !was_there ? durable_keep(from_folder, from) : 0;
    int result = next(from_folder, from, folder, to, flags);
    if (result == 0 && faults_remember) durable_named(from_folder, from, folder, to, was_there);
    durable_removed(kept, from_folder, from, result == 0);
    return result;
}

int link(const char *from, const char *to) {
    NEXT(link);
    if (naming("link", AT_FDCWD, to) != 0) return -1;
    int result = next(from, to);
    if (result == 0 && faults_remember) durable_named(AT_FDCWD, NULL, AT_FDCWD, to, 0);
    return result;
}

int linkat(int from_folder, const char *from, int folder, const char *to, int flags) {
    NEXT(linkat);
    if (naming("linkat", folder, to) != 0) return -1;
    int result = next(from_folder, from, folder, to, flags);
    if (result == 0 && faults_remember) durable_named(AT_FDCWD, NULL, folder, to, 0);
    return result;
}

int mkdir(const char *path, mode_t mode) {
    NEXT(mkdir);
    if (faults_path("mkdir", AT_FDCWD, path, SPACE | CHANGE | FORBID) == FAIL) return -1;
    int result = next(path, mode);
    if (result == 0 && faults_remember) durable_named(AT_FDCWD, NULL, AT_FDCWD, path, 0);
    return result;
}

int mkdirat(int folder, const char *path, mode_t mode) {
    NEXT(mkdirat);
    if (faults_path("mkdir", folder, path, SPACE | CHANGE | FORBID) == FAIL) return -1;
    int result = next(folder, path, mode);
    if (result == 0 && faults_remember) durable_named(folder, NULL, folder, path, 0);
    return result;
}

// Removing

int unlink(const char *path) {
    NEXT(unlink);
    if (faults_path("unlink", AT_FDCWD, path, CHANGE | FORBID) == FAIL) return -1;
    int kept = faults_remember ? durable_keep(AT_FDCWD, path) : 0;
    int result = next(path);
    durable_removed(kept, AT_FDCWD, path, result == 0);
    return result;
}

int unlinkat(int folder, const char *path, int flags) {
    NEXT(unlinkat);
    if (faults_path("unlink", folder, path, CHANGE | FORBID) == FAIL) return -1;
    int kept = faults_remember ? durable_keep(folder, path) : 0;
    int result = next(folder, path, flags);
    durable_removed(kept, folder, path, result == 0);
    return result;
}

int rmdir(const char *path) {
    NEXT(rmdir);
    return faults_path("rmdir", AT_FDCWD, path, CHANGE | FORBID) == FAIL ? -1 : next(path);
}

// Modes and locks

int fchmod(int descriptor, mode_t mode) {
    NEXT(fchmod);
    return faults_descriptor("fchmod", descriptor, CHANGE | FORBID) == FAIL ? -1 : next(descriptor, mode);
}

int flock(int descriptor, int operation) {
    NEXT(flock);
    return faults_descriptor("flock", descriptor, CHANGE) == FAIL ? -1 : next(descriptor, operation);
}

// Reading

ssize_t read(int descriptor, void *bytes, size_t count) {
    NEXT(read);
    return faults_descriptor("read", descriptor, READ) == FAIL ? -1 : next(descriptor, bytes, count);
}

#define PREAD(name, offset_type)                                                                  \
    ssize_t name(int descriptor, void *bytes, size_t count, offset_type offset) {                 \
        NEXT(name);                                                                               \
        return faults_descriptor("pread", descriptor, READ) == FAIL ? -1 : next(descriptor, bytes, count, offset); \
    }
PREAD(pread, off_t)
PREAD(pread64, off64_t)
