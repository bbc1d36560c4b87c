"""Experiments of Lillicrap, Cownden, Tweed & Akerman 2016."""
