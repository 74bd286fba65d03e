//! One layer applied to a tree. Nothing else knows union semantics.
