"""The folder of a run: its files, and the tools to inspect and draw them."""
