// What the wrapped calls share.
#pragma once
#define _GNU_SOURCE
#include <stddef.h>
#include <stdint.h>

#include "CFaults.h"

// What the caller of a wrapped function is to do.
enum verdict {
    GO_ON,
    FAIL, // return -1 with errno set
    HALF, // write half of the bytes
    TEAR, // write half of the bytes, then call `faults_end`
};

// Bits of fault classes.
enum { SPACE = 1 << FAULT_SPACE, CHANGE = 1 << FAULT_CHANGE, FORBID = 1 << FAULT_FORBID, WRITE = 1 << FAULT_WRITE,
       READ = 1 << FAULT_READ };

// Counts a call that belongs to `classes`, and does what is due: may not return.
enum verdict faults_path(const char *call, int folder, const char *path, int classes);
enum verdict faults_descriptor(const char *call, int descriptor, int classes);
void faults_end(void);

// Whether a loss of power is to come; then what isn't durable is kept in mind.
extern int faults_remember;
void durable_changed(int descriptor, long size_before);
void durable_synchronized(int descriptor);
// `to` is a new name: of what was called `from`, or of something new if that is null.
void durable_named(int from_folder, const char *from, int folder, const char *to, int replaces);
// Before a name is removed: keeps its file under another and returns that one's number, 0 if there is nothing to keep.
int durable_keep(int folder, const char *path);
// After that.
void durable_removed(int kept, int folder, const char *path, int is_done);
// Once all other processes are dead.
void durable_lose(void);

extern struct faults *faults_shared;
int faults_is_below(const char *path);
// Where lost files go, so that it can be seen what was lost.
extern char faults_lost[];
// Where removed files are kept until that is durable.
extern char faults_kept[];

// A path from the root; false if it can't be told.
int absolute_path(int folder, const char *path, char *to, size_t size);
int descriptor_path(int descriptor, char *to, size_t size);
