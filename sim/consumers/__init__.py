"""The demand side: one row a person, columns by NumPy, loops by Numba."""
