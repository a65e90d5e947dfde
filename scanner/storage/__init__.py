"""The zarr store of a scan, on a disk or behind a URL: made, locked, written, resumed, sealed."""
