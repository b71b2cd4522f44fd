//! What is built from small functions.
