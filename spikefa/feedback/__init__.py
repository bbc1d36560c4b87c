"""Feedback circuits: the separate populations that carry the error back."""

from spikefa.feedback.base import FeedbackCircuit, FeedbackState
from spikefa.feedback.error_population import ErrorPopulation, ErrorState
from spikefa.feedback.fa import FA

__all__ = ["FA", "ErrorPopulation", "ErrorState", "FeedbackCircuit", "FeedbackState"]
