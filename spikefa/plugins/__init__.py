"""Rules, circuits and neurons by name: how they are found and made, and what users can choose."""
