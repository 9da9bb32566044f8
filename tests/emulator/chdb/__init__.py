"""What only chDB can show. `make parity` runs these tests, `make test` does not: chDB is half a gigabyte."""
