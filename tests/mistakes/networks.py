"""Mistakes with networks."""

SETUP = """
import torch
from torch import nn
import egop
from egop import experiments, networks
from egop.experiments import digits
from egop.networks import Batch, Classifier, Minibatches, RunSpec, Training

def loss(model, batch):
    return nn.functional.cross_entropy(model(batch[0]), batch[1])

torch.manual_seed(0)
inputs, classes = torch.randn(20, 6), torch.arange(20) % 3
model = nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 3))
regular = nn.Sequential(nn.Linear(6, 4), nn.BatchNorm1d(4), nn.Dropout(), nn.Linear(4, 3))
frozen = nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 3))
frozen[0].requires_grad_(False)
tied = nn.Sequential(nn.Linear(6, 6), nn.Linear(6, 6))
tied[1].weight = tied[0].weight
batches = [(inputs, classes)]
wrong_file = "bases.npz"
open(wrong_file, "w").close()

def bases(model=model, loss=loss, batches=batches, initialize=None, n_samples=2, **options):
    return networks.estimate_block_bases(model, loss, batches, initialize, n_samples, **options)

def compare(optimizers, model=model, loss=nn.CrossEntropyLoss(), loaders=batches, **options):
    options = {"rates": [0.1], "trials": 1, "epochs": 1, **options}
    return egop.compare(model, loss, loaders, optimizers, **options)

def rows(model=model, loss=loss, n_samples=4, **options):
    batches = list(zip(inputs.split(5), classes.split(5)))
    return networks.sample_gradients(model, loss, batches, None, n_samples, **options)

Adam, few = torch.optim.Adam, {"structure": "kronecker", "n_samples": 2}

def train(network, bases, inputs=inputs, classes=classes):
    data = Minibatches(Batch(inputs[None], classes[None]), size=10)
    start, plan = torch.zeros(1, network.n_parameters), [RunSpec("adam", "egop", 0.1)]
    return Training(network, data, plan, start, n_epochs=1, bases={"egop": bases})
"""

MISTAKES = (
    "train(networks.from_module(frozen, loss), [bases(model)])",
    "train(networks.from_module(model, loss), bases(model))",
    "bases(frozen.requires_grad_(False))",
    "bases(nn.ReLU())",
    "networks.from_module(regular, loss)",
    "networks.from_module(regular[2:], loss)",
    "networks.from_module(nn.Embedding(9, 3, sparse=True), loss)",
    "bases(loss=nn.CrossEntropyLoss)",
    "bases(loss=nn.CrossEntropyLoss(reduction='none'))",
    "bases(loss=nn.CrossEntropyLoss(), batches=[(inputs, classes[:, None])])",
    "bases(loss=nn.CrossEntropyLoss(), batches=[(inputs, classes + 1)])",
    "bases(loss=nn.MSELoss(), batches=[(inputs, classes.float())])",
    "bases(loss=lambda outputs, targets, weight: 0)",
    "bases(loss=lambda model, batch: model(batch[0]))",
    "bases(loss=lambda model, batch: loss(model, batch).item())",
    "bases(loss=lambda model, batch: loss(model, batch).detach())",
    "bases(batches=iter([]))",
    "bases(batches=batches[0])",
    "bases(batches=[])",
    "bases(initialize=nn.init.xavier_normal_)",
    "bases(initialize=networks.xavier_normal)",
    "bases(n_samples=0)",
    "bases(n_samples=2.5)",
    "bases(precision=torch.float16)",
    "bases(regular, per_example=True)",
    "bases(memory_budget='1GB')",
    "bases(memory_budget=-1)",
    "bases(seed=-1)",
    "bases(seed='a')",
    "bases(structure='partial', energy='a')",
    "bases(process_group='world')",
    "bases(blocks=['0.wieght'])",
    "bases(structure='kroneker')",
    "networks.estimate_block_bases(loss, model, batches, None, 2)",
    "bases(nn.Sequential(nn.LazyLinear(4), nn.Linear(4, 3)))",
    "networks.estimate_bases(Classifier((6, 4)), networks.gaussian(), [Batch(inputs, classes)], 9)",
    "train(Classifier((6, 2)), [bases()])",
    "train(Classifier((6, 3)), [bases()], classes=classes[:9])",
    "networks.estimate_bases(Classifier((6, 4, 3)), networks.gaussian(), [], 9, structure='data')",
    "train(networks.from_module(model, loss), [bases(structure='partial', complement='dropped')])",
    "networks.BlockBases.load(wrong_file)",
    "networks.xavier_normal().sample(networks.from_module(tied, loss).blocks, [0])",
    "compare({})",
    "compare(Adam)",
    "compare({'adam': 'adam(beta1=0.5)'})",
    "compare({'adam': 'adam'})",
    "compare({'adam': Adam(model.parameters())})",
    "compare({'adam': Adam, 'again': Adam})",
    "compare({'adam': (Adam, None, {'lr': 0.1})})",
    "compare({'adam': (Adam, None, {'beta1': 0.9})})",
    "compare({'lbfgs': torch.optim.LBFGS})",
    "compare({'egop adam': (Adam, 'kronecker')})",
    "compare({'egop adam': (Adam, {'structure': 'kronecker'})})",
    "compare({'egop adam': (Adam, {'n_sample': 2})})",
    "compare({'egop adam': (Adam, few | {'structure': 'kroneker'})})",
    "compare({'egop adam': (Adam, bases(regular))})",
    "compare({'egop adam': (Adam, lambda model, trial: None)})",
    "rows(n_samples=1)",
    "rows(blocks=['third.weight'])",
    "networks.off_diagonal_share(rows()['0.weight'], bases()['2.weight'])",
    "networks.relative_error(bases(structure='random')['0.weight'], rows()['0.weight'])",
    "networks.report(3)",
    "networks.report(bases(), rows(blocks='first'))",
    "networks.report(bases(), beside={'data': bases(structure='data')})",
    "compare({'adam': Adam}, loaders=iter(batches))",
    "compare({'adam': Adam}, loaders=[])",
    "compare({'adam': Adam}, loaders=batches[0])",
    "compare({'adam': Adam}, loaders={'training': batches})",
    "compare({'adam': Adam}, loss=nn.CrossEntropyLoss(reduction='none'))",
    "compare({'adam': Adam}, model=nn.ReLU())",
    "compare({'adam': Adam}, rates=[0.1, -0.1])",
    "compare({'adam': Adam}, rates={'adma': [0.1]})",
    "compare({'adam': Adam}, rates='tune')",
    "compare({'adam': Adam}, trials=0)",
    "compare({'adam': Adam}, schedule='cosin')",
    "compare({'adam': Adam}, r_med_epochs=-1)",
    "egop experiment convex --threads 0",
    "egop experiment convex --threads -1",
    "egop experiment convex --threads 1.5",
    "egop experiment convex --threads 1000000",
    "egop experiment convex --trials 0",
    "egop experiment digits --trials 10000 --epochs 10000000",
    "egop experiment digits --methods adam adam",
    "egop experiment digits --bases egop",
    "experiments.run('digits', bases=['data', 'data'])",
    "egop experiment convex --epochs 1000000000000",
    "egop experiment convex --seed -1",
    "egop experiment convex --rates adam=-0.1",
    "egop experiment convex --rates adam:0.1",
    "egop experiment convexx",
    "experiments.run('digits', config=digits.Config(batch_size=0))",
    "experiments.run('digits', config=digits.Config(methods='adm'))",
    "experiments.run('digits', config=digits.Config(initialization='xavier'))",
    "experiments.run('digits', rates={'adam': [0]})",
    "experiments.run('digits', memory_budget=-1)",
)
