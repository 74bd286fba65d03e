//! Which finding explains which: one table, applied after judging, so that no rule sees another.
