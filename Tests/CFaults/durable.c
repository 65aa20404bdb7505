// What a loss of power would take: bytes and names that no fsync has made durable.
//
// A file's bytes are durable up to where they were at its last fsync; a new name is, once its folder has been synchronized
// since, and so is a name's removal. What replaced another file keeps its name: after a loss of power it could be the old
// file as well, but that one is gone here.
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
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

static void kept_path(int kept, char *path) { snprintf(path, PATH_MAX, "%.3900s/%d", faults_kept, kept); }

static void forget(struct fault_removal *removal) {
    char path[PATH_MAX];
    kept_path(removal->kept, path);
    syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    *removal = faults_shared->removal[--faults_shared->removals];
}

// Whether `path` lies in the folder itself, not in one further down.
static int is_in(const char *path, const char *folder, size_t length) {
    const char *slash = strrchr(path, '/');
    return slash && (size_t)(slash - path) == length && strncmp(path, folder, length) == 0;
}

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
        if (S_ISDIR(status.st_mode) && is_in(entry->path, path, length)) entry->unsettled = 0;
        if (entry->size < 0 && !entry->unsettled) drop(entry);
    }
    for (int i = faults_shared->removals - 1; i >= 0 && S_ISDIR(status.st_mode); i--)
        if (is_in(faults_shared->removal[i].path, path, length)) forget(&faults_shared->removal[i]);
    give();
}

int durable_keep(int folder, const char *path) {
    char whole[PATH_MAX], kept[PATH_MAX];
    if (!absolute_path(folder, path, whole, sizeof whole) || !faults_is_below(whole)) return 0;
    // Rather no test than one that knows less than it says.
    if (strlen(whole) >= FAULT_TEXT) abort();
    take();
    struct fault_entry *entry = find(whole);
    int was_durable = !entry || !entry->unsettled;
    give();
    if (!was_durable) return 0;
    int number = atomic_fetch_add(&faults_shared->kept, 1) + 1;
    kept_path(number, kept);
    syscall(SYS_mkdirat, AT_FDCWD, faults_kept, 0755);
    if (syscall(SYS_linkat, AT_FDCWD, whole, AT_FDCWD, kept, 0) == 0) return number;
    // Folders have no second name, and what isn't there has none.
    if (errno != EPERM && errno != ENOENT && errno != ENOTDIR) abort();
    return 0;
}

void durable_removed(int kept, int folder, const char *path, int is_done) {
    struct fault_removal removal = {.size = -1, .kept = kept};
    char whole[PATH_MAX];
    if (!kept || !absolute_path(folder, path, whole, sizeof whole)) return;
    snprintf(removal.path, FAULT_TEXT, "%s", whole);
    take();
    struct fault_entry *entry = find(removal.path);
    if (is_done && entry) {
        removal.size = entry->size;
        drop(entry);
    }
    int is_first = 1;
    for (int i = 0; i < faults_shared->removals; i++)
        if (strcmp(faults_shared->removal[i].path, removal.path) == 0) is_first = 0;
    if (faults_shared->removals == FAULT_ENTRIES) abort();
    struct fault_removal *added = &faults_shared->removal[faults_shared->removals++];
    *added = removal;
    // What came after the durable one never was.
    if (!is_done || !is_first) forget(added);
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

// Puts a removed file back, and the folders that it was in.
static void restore(const struct fault_removal *removal) {
    char kept[PATH_MAX], path[PATH_MAX];
    kept_path(removal->kept, kept);
    snprintf(path, sizeof path, "%s", removal->path);
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (faults_is_below(path)) syscall(SYS_mkdirat, AT_FDCWD, path, 0755);
        *slash = '/';
    }
    struct stat status;
    if (removal->size >= 0 && stat(kept, &status) == 0 && status.st_size > removal->size) {
        chmod(kept, 0644);
        syscall(SYS_truncate, kept, removal->size);
        chmod(kept, status.st_mode & 07777);
    }
    // Unless another has its name by now.
    syscall(SYS_linkat, AT_FDCWD, kept, AT_FDCWD, path, 0);
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
            if (!name) break;
            // A process whose first thread is gone may have others, which are about to finish a call (proc(5): num_threads).
            long threads = 0;
            sscanf(name + 3, " %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %ld", &threads);
            if ((name[2] == 'Z' || name[2] == 'X') && threads <= 1) break;
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
    for (int i = 0; i < faults_shared->removals; i++) restore(&faults_shared->removal[i]);
}
