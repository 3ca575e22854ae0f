"""Small mistakes, made on purpose where data could be lost, to see which of them no unit test finds."""
