//! ELF facts and reachability.
