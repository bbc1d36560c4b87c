"""Every claim about a GPU with one command, ``make gpu``; see docs/performance.md."""
