//! The one function that knows every stage.
