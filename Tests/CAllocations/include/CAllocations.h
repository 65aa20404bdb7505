#pragma once

// How often this thread has asked for memory since it began: calls of malloc, calloc, realloc and the aligned ones,
// those of the Swift runtime included. -1 where the counter can't be in place (under a sanitizer, without glibc).
long calm_allocations(void);
