"""Tests, in folders that mirror the rooms; `./run test` gives them their database."""
