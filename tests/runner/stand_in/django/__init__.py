"""Stands in for Django in the tests of the launcher, so that a start takes a moment: the commands, nothing else."""
