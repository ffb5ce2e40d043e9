"""The model told from its own code: tables of parameters, state variables and the week, and the gallery."""
