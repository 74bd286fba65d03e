//! Files that are read beside the image: records of packages, baselines.

use crate::table::rows;

rows! {}
