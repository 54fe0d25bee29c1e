"""Foreign formats: what other systems speak, told and understood through the declarations and commands of the house."""
