"""What is computed from profiles: totals, rankings, filters, call trees, differences."""
