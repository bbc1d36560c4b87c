"""Stimuli: the inputs and targets of a network, and the measures of its answers."""

from spikefa.stimulus.answers import Answers, Score
from spikefa.stimulus.augmentation import Augmentation
from spikefa.stimulus.base import Stimulus
from spikefa.stimulus.cropping import CropAndFlip
from spikefa.stimulus.distortion import Distortion
from spikefa.stimulus.encodings import DeltaCode, Encoding, LatencyCode, RateCode
from spikefa.stimulus.events import EventStimulus
from spikefa.stimulus.example_answers import ExampleAnswers
from spikefa.stimulus.examples import ExampleStimulus
from spikefa.stimulus.functions import FunctionStimulus
from spikefa.stimulus.graded import Graded
from spikefa.stimulus.images import ImageStimulus
from spikefa.stimulus.in_order import InOrder
from spikefa.stimulus.noise import InputDropout, InputNoise
from spikefa.stimulus.predictions import Predictions
from spikefa.stimulus.state import StimulusState

__all__ = [
    "Answers",
    "Augmentation",
    "CropAndFlip",
    "DeltaCode",
    "Distortion",
    "Encoding",
    "EventStimulus",
    "ExampleAnswers",
    "ExampleStimulus",
    "FunctionStimulus",
    "Graded",
    "ImageStimulus",
    "InOrder",
    "InputDropout",
    "InputNoise",
    "LatencyCode",
    "Predictions",
    "RateCode",
    "Score",
    "Stimulus",
    "StimulusState",
]
