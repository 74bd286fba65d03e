//! How layers are packed.

use crate::table::rows;

rows! {}
