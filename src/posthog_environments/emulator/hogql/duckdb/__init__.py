"""HogQL on DuckDB."""
