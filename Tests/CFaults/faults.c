// When a fault is due, and whom it kills.
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct faults *faults_shared;
static char below[PATH_MAX];
char faults_lost[PATH_MAX];
char faults_kept[PATH_MAX];
static const char *on;
static long at;
static int is_lasting;
static enum fault_class class;
static enum { NOTHING, KILL, KILL_COORDINATOR, KILL_ALL, TORN, POWER, ERROR, SHORT } action;
static int error;
int faults_remember;

// Actions by name; an unknown one does nothing.
static const struct {
    const char *name;
    int action, class, error;
} actions[] = {
    {"count", NOTHING, FAULT_ANY, 0},
    {"kill", KILL, FAULT_ANY, 0},
    {"kill-coordinator", KILL_COORDINATOR, FAULT_ANY, 0},
    {"kill-all", KILL_ALL, FAULT_ANY, 0},
    {"torn", TORN, FAULT_ANY, 0},
    {"power", POWER, FAULT_ANY, 0},
    {"ENOSPC", ERROR, FAULT_SPACE, ENOSPC},
    {"EIO", ERROR, FAULT_CHANGE, EIO},
    {"EROFS", ERROR, FAULT_FORBID, EROFS},
    {"read-EIO", ERROR, FAULT_READ, EIO},
    {"short", SHORT, FAULT_WRITE, 0},
};

static void end_on_signal(int number) {
    (void)number;
    faults_end();
}

__attribute__((constructor)) static void begin(void) {
    const char *file = getenv("FAULTS_FILE"), *name = getenv("FAULTS_DO"), *when = getenv("FAULTS_AT");
    const char *folder = getenv("FAULTS_BELOW");
    if (!file || !name || !when || !folder) return;
    // By system calls, since the library's own are wrapped.
    int descriptor = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC, 0);
    if (descriptor < 0) return;
    void *map = mmap(NULL, sizeof(struct faults), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    syscall(SYS_close, descriptor);
    if (map == MAP_FAILED) return;
    snprintf(below, sizeof below, "%s/", folder);
    snprintf(faults_lost, sizeof faults_lost, "%s.lost", file);
    snprintf(faults_kept, sizeof faults_kept, "%s.kept", file);
    char word[32];
    snprintf(word, sizeof word, "%s", name);
    size_t length = strlen(word);
    if (length > 0 && word[length - 1] == '+') {
        is_lasting = 1;
        word[length - 1] = 0;
    }
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(actions[i].name, word) != 0) continue;
        action = actions[i].action;
        class = actions[i].class;
        error = actions[i].error;
    }
    at = atol(when);
    on = getenv("FAULTS_ON");
    faults_remember = action == POWER;
    faults_shared = map;
    if (action == POWER) signal(SIGUSR1, end_on_signal);
    int place = atomic_fetch_add(&faults_shared->processes, 1);
    if (place < FAULT_PROCESSES) atomic_store(&faults_shared->process[place], getpid());
}

// So that no stranger is killed who bears a number that was used before.
__attribute__((destructor)) static void end(void) {
    for (int i = 0; faults_shared && i < FAULT_PROCESSES; i++) {
        int own = getpid();
        if (atomic_compare_exchange_strong(&faults_shared->process[i], &own, 0)) return;
    }
}

static void kill_all(void) {
    int processes = atomic_load(&faults_shared->processes), own = getpid();
    for (int i = 0; i < processes && i < FAULT_PROCESSES; i++) {
        int process = atomic_load(&faults_shared->process[i]);
        if (process > 0 && process != own) kill(process, SIGKILL);
    }
}

void faults_end(void) {
    kill_all();
    if (action == POWER) durable_lose();
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

int faults_is_below(const char *path) { return strncmp(path, below, strlen(below)) == 0; }

static enum verdict decide(const char *call, const char *path, int classes) {
    if (on && !strstr(path, on)) return GO_ON;
    int is_below = faults_is_below(path), is_due = 0;
    for (int each = 0; each < FAULT_CLASSES; each++) {
        if (each != FAULT_ANY && !(is_below && classes >> each & 1)) continue;
        // Reads end nobody: what happens before one is what happens after the call in front of it.
        if (each == FAULT_ANY && !(classes & ~READ)) continue;
        long number = atomic_fetch_add(&faults_shared->calls[each], 1) + 1;
        if (each == (int)class && at > 0) is_due = is_lasting ? number >= at : number == at;
    }
    if (!is_due) return GO_ON;
    if (atomic_fetch_add(&faults_shared->fired, 1) == 0) snprintf(faults_shared->place, FAULT_TEXT, "%s %s", call, path);
    switch (action) {
    case KILL: kill(getpid(), SIGKILL); for (;;) pause();
    case KILL_COORDINATOR: {
        int coordinator = atomic_load(&faults_shared->process[0]);
        if (coordinator > 0) kill(coordinator, SIGKILL);
        if (coordinator == getpid()) for (;;) pause();
        return GO_ON;
    }
    case KILL_ALL:
    case POWER: faults_end();
    case TORN:
        if (classes & WRITE) return TEAR;
        faults_end();
    case ERROR: errno = error; return FAIL;
    case SHORT: return HALF;
    case NOTHING: return GO_ON;
    }
    return GO_ON;
}

enum verdict faults_path(const char *call, int folder, const char *path, int classes) {
    if (!faults_shared) return GO_ON;
    char text[PATH_MAX];
    if (!absolute_path(folder, path, text, sizeof text)) return GO_ON;
    return decide(call, text, classes);
}

enum verdict faults_descriptor(const char *call, int descriptor, int classes) {
    if (!faults_shared) return GO_ON;
    char text[PATH_MAX];
    if (!descriptor_path(descriptor, text, sizeof text)) return GO_ON;
    return decide(call, text, classes);
}

int descriptor_path(int descriptor, char *to, size_t size) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, to, size - 1);
    if (length < 0) return 0;
    to[length] = 0;
    return 1;
}

int absolute_path(int folder, const char *path, char *to, size_t size) {
    if (!path) return 0;
    if (path[0] == '/') return snprintf(to, size, "%s", path) < (int)size;
    char base[PATH_MAX];
    if (folder == AT_FDCWD ? !getcwd(base, sizeof base) : !descriptor_path(folder, base, sizeof base)) return 0;
    return snprintf(to, size, "%s/%s", base, path) < (int)size;
}
