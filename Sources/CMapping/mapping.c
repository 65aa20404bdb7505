#define _GNU_SOURCE
#include "CMapping.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

// The handler may run on any thread at any time, so it takes no lock: entries are added to the front of a list, never
// removed, and used again.
struct calm_mapping {
    _Atomic uintptr_t start;  // 0 while the entry is not in use
    _Atomic size_t length;    // whole pages
    atomic_int is_lost;
    atomic_int is_taken;
    struct calm_mapping *next;
};

static struct calm_mapping *_Atomic first_mapping;
static struct sigaction previous_action;
static uintptr_t page_size;

// Replaces everything from the faulting page to the mapping's end: what was lost is lost to its end, so a truncated file
// costs one fault. The pages are the shared page of zeros and take no memory.
static int replace_lost_pages(uintptr_t address) {
    for (struct calm_mapping *m = atomic_load(&first_mapping); m; m = m->next) {
        const uintptr_t start = atomic_load(&m->start);
        const size_t length = atomic_load(&m->length);
        if (start == 0 || address < start || address - start >= length) continue;
        const uintptr_t page = address & ~(page_size - 1);
        atomic_store(&m->is_lost, 1);
        return mmap((void *)page, start + length - page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0)
            != MAP_FAILED;
    }
    return 0;
}

static void handle_bus_error(int signal, siginfo_t *information, void *context) {
    const int saved = errno;
    // si_code > 0: raised by the kernel for an access, not sent by a process.
    const int is_replaced = information->si_code > 0 && replace_lost_pages((uintptr_t)information->si_addr);
    errno = saved;
    if (is_replaced) return;
    if (previous_action.sa_flags & SA_SIGINFO) {
        previous_action.sa_sigaction(signal, information, context);
    } else if (previous_action.sa_handler == SIG_IGN && information->si_code <= 0) {
        return;
    } else if (previous_action.sa_handler == SIG_DFL || previous_action.sa_handler == SIG_IGN) {
        // Ends the process as if there were no handler: the signal is raised again when this returns.
        struct sigaction action = {.sa_handler = SIG_DFL};
        sigaction(signal, &action, NULL);
        if (information->si_code <= 0) raise(signal);
    } else {
        previous_action.sa_handler(signal);
    }
}

static void install_handler(void) {
    page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
    struct sigaction action = {.sa_sigaction = handle_bus_error, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &previous_action);
}

static struct calm_mapping *take_entry(void) {
    for (struct calm_mapping *m = atomic_load(&first_mapping); m; m = m->next) {
        int expected = 0;
        if (atomic_compare_exchange_strong(&m->is_taken, &expected, 1)) return m;
    }
    struct calm_mapping *m = calloc(1, sizeof *m);
    if (!m) return NULL;
    atomic_store(&m->is_taken, 1);
    m->next = atomic_load(&first_mapping);
    while (!atomic_compare_exchange_weak(&first_mapping, &m->next, m)) {}
    return m;
}

struct calm_mapping *calm_map(int descriptor, size_t length) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install_handler);
    if (length == 0 || length > SIZE_MAX - page_size) {
        errno = EINVAL;
        return NULL;
    }
    struct calm_mapping *m = take_entry();
    if (!m) return NULL;
    const size_t whole = (length + page_size - 1) & ~(page_size - 1);
    void *base = mmap(NULL, length, PROT_READ, MAP_SHARED, descriptor, 0);
    if (base == MAP_FAILED) {
        atomic_store(&m->is_taken, 0);
        return NULL;
    }
    atomic_store(&m->is_lost, 0);
    atomic_store(&m->length, whole);
    atomic_store(&m->start, (uintptr_t)base);
    return m;
}

void calm_unmap(struct calm_mapping *m) {
    void *base = (void *)atomic_load(&m->start);
    const size_t length = atomic_load(&m->length);
    atomic_store(&m->start, 0);
    munmap(base, length);
    atomic_store(&m->is_taken, 0);
}

const void *calm_mapping_base(const struct calm_mapping *m) { return (const void *)atomic_load(&m->start); }

int calm_mapping_is_lost(const struct calm_mapping *m) { return atomic_load(&m->is_lost); }
