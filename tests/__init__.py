"""The tests of spikefa; they mirror the code."""
