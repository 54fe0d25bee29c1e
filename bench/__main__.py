"""Runs one bench: `python -m bench pages`. Django is set up first, for models can be imported only after that."""

import runpy
import sys

import django

django.setup()
del sys.argv[0]
runpy.run_module(f"bench.{sys.argv[0]}", run_name="__main__", alter_sys=True)
