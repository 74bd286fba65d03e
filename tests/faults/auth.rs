//! Who asks: challenges, tokens, credentials, limits of rates.

use crate::table::rows;

rows! {}
