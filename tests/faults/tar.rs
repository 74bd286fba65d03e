//! What a tar stream holds.

use crate::table::rows;

rows! {}
