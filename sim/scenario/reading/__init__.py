"""Reading scenario files: layers of files and settings, their places, numbers with sources, one tree."""
