"""Queries from SQL to typed rows: what `client.query` does beyond the contract's operations."""
