"""The report of a comparison: the answer, pictures, tables, what it rests on, what it does not say."""
