"""Time: a network runs through its stimulus, is tested, recorded, saved and resumed."""
