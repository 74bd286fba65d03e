//! The report as a person reads it.
