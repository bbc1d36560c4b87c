"""The file format: its schema and layout, and how to look into a file without trusting it."""
