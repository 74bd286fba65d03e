//! What becomes of layers laid over each other, and of what rules read there.

use crate::table::rows;

rows! {}
