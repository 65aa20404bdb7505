// Settings of SQLite that Swift can't reach, since their function takes a variable number of arguments.
#pragma once

/// Stops counting memory, for which every allocation takes a lock. To be called before the first database is opened;
/// returns 0, or SQLite's error code.
int calm_sqlite_without_memory_statistics(void);
