//! What the network does to a pull.

use crate::table::rows;

rows! {}
