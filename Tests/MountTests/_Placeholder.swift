// Replaced by the suite's first test file.
