// LD_PRELOADed into `calm`, this library counts the calls by which its processes change files, and at one of them does
// harm. Nothing in `calm` knows of it.
//
// FAULTS_FILE   a file of `struct faults`, zeroes at first, shared by all processes of a run; without it nothing happens
// FAULTS_BELOW  the folder whose files are refused or lost; kills come at calls on any file, pipes included
// FAULTS_DO     what happens, see below
// FAULTS_ON     if given, only calls on paths that hold this text count
// FAULTS_AT     at the how manieth call of the action's class, over all processes from 1; 0 only counts
//
// kill              SIGKILL to the process that calls, before the call
// kill-coordinator  SIGKILL to the process that loaded this library first
// kill-all          SIGKILL to all processes that loaded it
// torn              half of a write, then kill-all; at other calls kill-all
// power             kill-all, and what no fsync has made durable below FAULTS_BELOW is lost, or moved to FAULTS_FILE.lost,
//                   and removed names are there again whose folder wasn't synchronized since; on SIGUSR1, too
// ENOSPC, EIO, EROFS, read-EIO
//                   the call fails
// short             the call writes half of what it should
// With a + behind, as in EIO+, every later call of the class fails, too.
#pragma once

enum fault_class {
    FAULT_ANY,     // every call, for kills
    FAULT_SPACE,   // calls that need space: ENOSPC
    FAULT_CHANGE,  // calls that change files or folders: EIO
    FAULT_FORBID,  // those that a file system mounted read-only refuses: EROFS
    FAULT_WRITE,   // writes of more than a byte: short
    FAULT_READ,    // reads: read-EIO
    FAULT_CLASSES
};

enum { FAULT_PROCESSES = 512, FAULT_TEXT = 400, FAULT_ENTRIES = 4096 };

// A file or folder that isn't durable yet.
struct fault_entry {
    long size;     // bytes that are durable, -1 for all
    int unsettled; // its name is new since its folder's last fsync
    char path[FAULT_TEXT];
};

// A name that was removed, durably only once its folder has been synchronized.
struct fault_removal {
    long size; // bytes of the file that are durable, -1 for all
    int kept;  // the file's name in FAULTS_FILE.kept
    char path[FAULT_TEXT];
};

struct faults {
    _Atomic long calls[FAULT_CLASSES];
    _Atomic long fired;
    _Atomic int processes;
    _Atomic int process[FAULT_PROCESSES];
    char place[FAULT_TEXT]; // the call at which the fault came first
    _Atomic int lock;
    int entries;
    struct fault_entry entry[FAULT_ENTRIES];
    _Atomic int kept;
    int removals;
    struct fault_removal removal[FAULT_ENTRIES];
};
