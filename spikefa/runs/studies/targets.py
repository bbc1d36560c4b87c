"""The figures and tables of the papers that the program reproduces, and a few of its own."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A figure or table to reproduce.

    Attributes
    ----------
    id : str
        ``<paper>.<figure, table, note or appendix>``.
    experiment : str
        Name of the experiment on the command line; the experiment need not exist yet.
    what : str
        The networks and the task.
    paper : str
        The paper's result.
    options : str
        Options of the experiment that differ from its defaults.
    """

    id: str
    experiment: str
    what: str
    paper: str
    options: str = ""

    @property
    def folder(self) -> str:
        """Name of the folder of its result."""
        return f"{self.experiment}.{self.id.split('.')[1]}" if self.options else self.experiment


PAPERS = {
    "L16": ("lillicrap2016", "Lillicrap, Cownden, Tweed & Akerman 2016"),
    "P22": ("panjehpour2022", "Panjehpour & EsmailZadeh 2022"),
    "G": ("strategies", "general feedback strategies"),
    "C24": ("chu2024", "Chu & Bacho 2024"),
    "PFA": ("li2024", "Li Ji-An & Benna, product feedback alignment"),
    "B20": ("bellec2020", "Bellec et al. 2020, e-prop"),
    "fig4": ("lillicrap2016", "Figure 4 with other circuits, which is in no paper"),
    "chip": ("comparison", "Constraints of brains and chips, which are in no paper"),
    "conv": ("comparison", "Convolutions, which are in no paper"),
    "gen": ("comparison", "What makes a network generalise, which is in no paper"),
}
"""Folder of the experiments and full name of each paper, by the prefix of the id."""

_LIST = """
L16.fig2 | 30-20-10 linear: shallow, node perturbation, backprop, FA | FA as fast as backprop; the angle falls and stays above 0
L16.fig3ab | 784-1000-10 logistic, MNIST | BP 2.4 %, FA 2.1 % (n = 20); half the weights removed: FA 2.4 %
L16.fig3cd | 30-20-10 and 30-20-10-10 tanh, tanh teacher | 4 layers beat 3 with both (n = 20, P = 9e-13 FA, 3e-12 BP)
L16.fig4 | 784-1500-1500-1500-1000 spiking, MNIST | 1.8 % error
L16.fig5 | 20-1000-20 tanh, quadratic functions: angles; learning in three phases | alignment; phase 1 no gain, phase 3 gain
L16.s5 | receptive fields of fig3ab | picture
L16.s6 | 30-40-10 and 30-40-20-10, W0 frozen or not | frozen is worse than 3 layers
L16.s7 | XOR 2-2-1 and 2-25-1 | both algorithms solve it; W aligns with B
L16.s8 | momentum 0, 0.5, 0.9 with FA | faster with momentum
L16.s9 | angles of single neurons before and after | move from 90 degrees towards 0
L16.s10 | 1-1-1 linear flow field | picture
L16.s11 | 30-20-10 linear, deterministic: tr(A^T B E), tr(B W), error in 3 regimens | traces (n = 20)
L16.s12 | 100-50-20 linear, deterministic: the same | less variance than in s11 (n = 20)
L16.s13 | scale of the first weights from 1e-4 to 0.25 | from a small start closer to pseudo-backprop
L16.s14 | backprop, then FA, on the quadratic task | spike in the error, then recovery
L16.n5 | MNIST, tanh 784-1500-1500-1500-10 and variants | BP 1.62 %, FA 1.32 %; variants 0.5 to 1.65 % (n = 5)
L16.n6 | SVHN | 9.7, 8.1, 7.1 %
L16.n7 | TIMIT (data not free) | BP 24.3 %, FA 23.1 %
L16.n9 | MNIST autoencoders | deep narrow: BP 8.6, FA 30.2; wide: BP 1.5, FA 0.72 (MSE)
L16.n11 | B W + W^T B^T - A A^T under linear dynamics | conserved; from a zero start the error goes to 0 (theorem 1)
L16.n14 | one pair from a zero start | B e is a positive multiple of W^+ e (theorem 2)
L16.n15 | pseudo-backprop | Gauss-Newton on the hidden neurons, to first order
P22.fig2b | open-loop two-layer ReLU, correlated inputs | aligned but where nothing is correlated (n = 10)
P22.fig3 | 225-50-50-50-50, alignment terms by order | multiples of 60 stand out unshuffled only (n = 30)
P22.fig5 | shuffled labels | less alignment, worse accuracy
P22.fig6 | weight normalisation | more alignment
P22.fig7 | FA, then backprop | stuck
G.t2 | strategies s1, s2, s3 on MNIST, 27 cells | 1.95 to 2.75 %
G.t3 | with auxiliary errors (LAFS), 27 cells | 1.66 to 2.77 %
G.fig6 | autoencoders | BP best, s2 worst
G.t4 | feedback matrices B1 to B7 | FA 3.81 to 6.33 %, DFA 2.04 to 2.40 %
C24.fig1 | 784-700-1000-10 tanh, first weights small or large | small weights: fast, aligned
C24.fig2 | the same: alignment and first gradient | small weights: fast, aligned
C24.fig3 | gradients at a given angle to backprop's | FA better at equal alignment
C24.fig4 | weights random, of B's sign, or B | more aligned is not more accurate
C24.fig5 | weights swapped between FA and backprop | FA to BP stays, BP to FA is repelled
C24.eq11 | alignment >= 0 as a criterion of stability | measured along training
PFA.fig2 | 784-512-512-10 ReLU, MNIST, six algorithms | BP 98.38, PFA 98.39, PFA-o 98.42, SF 98.25, FA 98.23, DFA 98.15 % (n = 5)
PFA.fig3 | eigenvalues of B^T B and path angle against expansion | Marchenko-Pastur, arccos(1 / sqrt(1 + lambda))
PFA.fig4 | ResNet-20, CIFAR-10 | BP 91.64, PFA 90.8, PFA-o 91.3, SF 90.0, FA 64, DFA 31 %
PFA.fig5 | ResNet-18, ImageNet (data not free) | BP 69.69, PFA-o 69.30, PFA 68.46, SF 64.63 %
PFA.a12 | 69 % one-way, 31 % two-way synapses at r = 0.36 | overall r about 0.2, angle 78 degrees
PFA.t1 | table of algorithms | KP, WM and PAL besides
B20.patterns | 100-100-1 recurrent LIF: random e-prop, online, generates a sum of sines | losses of the authors' program (NEST's tests)
fig4.dfa | 784-1500-1500-1500-1000 spiking, MNIST, with DFA | in no paper | lillicrap2016.fig4 --feedback DFA
fig4.pfa | 784-1500-1500-1500-1000 spiking, MNIST, with PFA | in no paper | lillicrap2016.fig4 --feedback PFA
chip.constraints | 64-100-100-50 spiking, digits: bits, holes, Dale's law, failures | in no paper
conv.lenet | LeNet-5 of tanh neurons, 784-1176-400-120-84-10, MNIST, seven circuits | in no paper
conv.spiking | 784-2304-1600-500-300 spiking, two convolutions, MNIST, online | in no paper | comparison.spiking_convolutions
gen.options | 784-200-200-100 spiking, a twelfth of MNIST: distortions, dropout, means of weights | in no paper | comparison.generalisation
"""


def _read(line: str) -> Target:
    name, what, paper, *command = (part.strip() for part in line.split("|"))
    key, figure = name.split(".")
    default = f"{PAPERS[key][0]}.{figure}"
    experiment, _, options = (command[0] if command else default).partition(" ")
    return Target(name, experiment, what, paper, options)


TARGETS = {target.id: target for target in map(_read, _LIST.strip().splitlines())}
"""All targets by id, in the order of the papers."""
