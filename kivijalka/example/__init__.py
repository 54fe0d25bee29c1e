"""The invented example city: three years of its units, people, risks and actions, made from a seed number."""
