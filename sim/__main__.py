"""``python -m sim``: the command `sim`, for launchers that want a module."""

from sim.cli import main

if __name__ == "__main__":
    main()
