"""Experiments of Chu & Bacho 2024, why do random feedback alignment algorithms align."""
