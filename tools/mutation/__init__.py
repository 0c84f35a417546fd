"""What `tools/mutants.py` is made of: `operators` makes the mutants, `workshop` tries them."""
