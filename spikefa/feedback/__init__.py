"""Feedback circuits: the separate populations that carry the error back."""

from spikefa.feedback.auxiliary import Auxiliary
from spikefa.feedback.backprop import Backprop
from spikefa.feedback.base import FeedbackCircuit
from spikefa.feedback.dfa import DFA
from spikefa.feedback.direct_kolen_pollack import DKP
from spikefa.feedback.drtp import DRTP, TargetState
from spikefa.feedback.error_population import ErrorPopulation, ErrorState
from spikefa.feedback.fa import FA
from spikefa.feedback.fdfa import FDFA, TangentState
from spikefa.feedback.following import KPState
from spikefa.feedback.kolen_pollack import KP
from spikefa.feedback.matrix import ForwardMatrix, Matrix, PlasticMatrix
from spikefa.feedback.mixed import Mixed
from spikefa.feedback.perturbation import NodePerturbation
from spikefa.feedback.pfa import PFA, PFAo
from spikefa.feedback.phaseless import PAL, PhaselessState
from spikefa.feedback.projection import Projection
from spikefa.feedback.pseudoinverse import PseudoBackprop
from spikefa.feedback.random_matrices import RandomMatrices
from spikefa.feedback.random_matrix import RandomMatrix
from spikefa.feedback.reciprocity import reciprocal_rate
from spikefa.feedback.reward import Reward
from spikefa.feedback.shallow import Shallow
from spikefa.feedback.sign import SF, SignState
from spikefa.feedback.state import FeedbackState, Site, beside
from spikefa.feedback.weight_mirror import WM, MirrorState
from spikefa.feedback.wired import Wired
from spikefa.feedback.wiring import Hop, Wiring, from_the_output, layer_by_layer

__all__ = [
    "DFA",
    "DKP",
    "DRTP",
    "FA",
    "FDFA",
    "KP",
    "PAL",
    "PFA",
    "SF",
    "WM",
    "Auxiliary",
    "Backprop",
    "ErrorPopulation",
    "ErrorState",
    "FeedbackCircuit",
    "FeedbackState",
    "ForwardMatrix",
    "Hop",
    "KPState",
    "Matrix",
    "MirrorState",
    "Mixed",
    "NodePerturbation",
    "PFAo",
    "PhaselessState",
    "PlasticMatrix",
    "Projection",
    "PseudoBackprop",
    "RandomMatrices",
    "RandomMatrix",
    "Reward",
    "Shallow",
    "SignState",
    "Site",
    "TangentState",
    "TargetState",
    "Wired",
    "Wiring",
    "beside",
    "from_the_output",
    "layer_by_layer",
    "reciprocal_rate",
]
