//! The report as JSON.
