"""The doors of every register: pages, programs, files, search, history. Each is made from the declaration."""
