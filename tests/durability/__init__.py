"""The whole house under faults: what was said to be done is done, whatever is killed."""
