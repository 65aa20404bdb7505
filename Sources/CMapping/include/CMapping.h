// Files mapped into memory whose loss is an error instead of the signal SIGBUS.
//
// When a mapped file is truncated, or its disk fails, the next access to the lost part raises SIGBUS. A handler that is
// installed with the first mapping replaces the lost part by zeros and marks the mapping as lost; who reads checks the
// mark afterwards. SIGBUS for any other reason goes to the handler that was installed before.
#pragma once
#include <stddef.h>

struct calm_mapping;

/// Maps `length` > 0 bytes of an open file for reading. Null on failure; then errno says why.
struct calm_mapping *calm_map(int descriptor, size_t length);
/// Ends the mapping. No thread may still read it.
void calm_unmap(struct calm_mapping *mapping);
const void *calm_mapping_base(const struct calm_mapping *mapping);
/// 1 if a part of the mapping was lost since it was made: zeros were read in its place.
int calm_mapping_is_lost(const struct calm_mapping *mapping);
