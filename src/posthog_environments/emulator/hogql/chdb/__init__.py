"""HogQL on chDB, which is ClickHouse inside the process."""
