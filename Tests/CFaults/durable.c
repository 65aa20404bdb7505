// What a loss of power would take: bytes and names that no fsync has made durable.
//
// A file's bytes are durable up to where they were at its last fsync; a new name is, once its folder has been synchronized
// since. What replaced another file keeps its name: after a loss of power it could be the old file as well, but that one
// is gone here.
#include "faults.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void take(void) {
    int free = 0;
    while (!atomic_compare_exchange_weak(&faults_shared->lock, &free, 1)) {
        free = 0;
        sched_yield();
    }
}

static void give(void) { atomic_store(&faults_shared->lock, 0); }

static struct fault_entry *find(const char *path) {
    for (int i = 0; i < faults_shared->entries; i++)
        if (strcmp(faults_shared->entry[i].path, path) == 0) return &faults_shared->entry[i];
    return NULL;
}

static struct fault_entry *find_or_add(const char *path) {
    struct fault_entry *found = find(path);
    if (found || faults_shared->entries == FAULT_ENTRIES) return found;
    found = &faults_shared->entry[faults_shared->entries++];
    *found = (struct fault_entry){.size = -1};
    snprintf(found->path, FAULT_TEXT, "%s", path);
    return found;
}

static void drop(struct fault_entry *entry) { *entry = faults_shared->entry[--faults_shared->entries]; }

void durable_changed(int descriptor, long size_before) {
    char path[PATH_MAX];
    struct stat status;
    if (!descriptor_path(descriptor, path, sizeof path) || !faults_is_below(path)) return;
    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return;
    take();
    struct fault_entry *entry = find_or_add(path);
    if (entry && (entry->size < 0 || size_before < entry->size)) entry->size = size_before;
    give();
}

void durable_synchronized(int descriptor) {
    char path[PATH_MAX];
    struct stat status;
    if (!descriptor_path(descriptor, path, sizeof path) || fstat(descriptor, &status) != 0) return;
    size_t length = strlen(path);
    take();
    for (int i = faults_shared->entries - 1; i >= 0; i--) {
        struct fault_entry *entry = &faults_shared->entry[i];
        if (strcmp(entry->path, path) == 0) entry->size = -1;
        const char *slash = strrchr(entry->path, '/');
        int is_inside = slash && (size_t)(slash - entry->path) == length && strncmp(entry->path, path, length) == 0;
        if (is_inside && S_ISDIR(status.st_mode)) entry->unsettled = 0;
        if (entry->size < 0 && !entry->unsettled) drop(entry);
    }
    give();
}

void durable_named(int from_folder, const char *from, int folder, const char *to, int replaces) {
    char source[PATH_MAX], path[PATH_MAX];
    if (!absolute_path(folder, to, path, sizeof path) || !faults_is_below(path)) return;
    take();
    long size = -1;
    struct fault_entry *entry;
    if (from && absolute_path(from_folder, from, source, sizeof source) && (entry = find(source))) {
        size = entry->size;
        drop(entry);
    }
    if ((entry = find_or_add(path))) {
        entry->size = size;
        entry->unsettled = !replaces;
    }
    give();
}

static void wait_for_others(void) {
    int processes = atomic_load(&faults_shared->processes), own = getpid();
    for (int i = 0; i < processes && i < FAULT_PROCESSES; i++) {
        int process = atomic_load(&faults_shared->process[i]);
        char path[64], state[512];
        snprintf(path, sizeof path, "/proc/%d/stat", process);
        for (int patience = 0; process > 0 && process != own && patience < 2000; patience++) {
            int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
            if (file < 0) break;
            long count = syscall(SYS_read, file, state, sizeof state - 1);
            syscall(SYS_close, file);
            state[count < 0 ? 0 : count] = 0;
            const char *name = strrchr(state, ')');
            if (!name || name[2] == 'Z' || name[2] == 'X') break;
            usleep(1000);
        }
    }
}

void durable_lose(void) {
    wait_for_others();
    syscall(SYS_mkdirat, AT_FDCWD, faults_lost, 0755);
    for (int i = 0; i < faults_shared->entries; i++) {
        struct fault_entry *entry = &faults_shared->entry[i];
        struct stat status;
        if (entry->size < 0 || stat(entry->path, &status) != 0 || status.st_size <= entry->size) continue;
        // Objects are read-only.
        chmod(entry->path, 0644);
        syscall(SYS_truncate, entry->path, entry->size);
        chmod(entry->path, status.st_mode & 07777);
    }
    for (int i = 0; i < faults_shared->entries; i++) {
        char to[PATH_MAX];
        snprintf(to, sizeof to, "%s/%d", faults_lost, i);
        if (faults_shared->entry[i].unsettled)
            syscall(SYS_renameat2, AT_FDCWD, faults_shared->entry[i].path, AT_FDCWD, to, 0);
    }
}
