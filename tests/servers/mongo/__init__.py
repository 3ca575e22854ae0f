"""A MongoDB wire gateway with two back ends: strict in memory, and the DocumentDB engine."""
