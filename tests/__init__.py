"""Everything that proves the promises: unit, contract, end-to-end and fault tests, and the fakes they share."""
