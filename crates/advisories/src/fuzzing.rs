//! What fuzz targets call.
