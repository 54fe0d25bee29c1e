"""The risk register: identified, assessed, treated, accepted, followed."""
