//! What references, indexes, manifests and configurations say.

use crate::table::rows;

rows! {}
