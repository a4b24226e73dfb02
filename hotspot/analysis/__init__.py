"""What is computed from profiles: each operation takes profiles and returns new objects."""
