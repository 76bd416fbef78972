"""Mistakes with the optimizer in EGOP coordinates."""

SETUP = """
import torch
from torch import nn, optim
from egop import methods, networks
from egop.optimizer import EGOPOptimizer, from_method

def loss(model, batch):
    return nn.functional.cross_entropy(model(batch[0]), batch[1])

def estimated(model, **options):
    return networks.estimate_block_bases(model, loss, [(inputs, classes)], None, 2, **options)

def step(optimizer, gradient, weight):
    weight.grad = gradient
    optimizer.step()

def changed(optimizer, change):
    change(optimizer.param_groups)
    return optimizer

torch.manual_seed(0)
inputs, classes = torch.randn(20, 6), torch.arange(20) % 3
model = nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 3))
larger = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3))
deeper = nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 4), nn.Linear(4, 3))
words = nn.Sequential(nn.Embedding(9, 3))
of_words = networks.estimate_block_bases(words, loss, [(classes, classes)], None, 2)
bases = estimated(model)
everything = estimated(model, blocks='global')

def adam(model=model, bases=bases, **options):
    return EGOPOptimizer(optim.Adam, model.named_parameters(), bases, **options)

def wrapped(base, named=None, **options):
    named = model.named_parameters() if named is None else named
    return EGOPOptimizer(base, named, bases, **options)

class Plain:
    def __init__(self, params):
        self.params = params
"""

MISTAKES = (
    "from_method('muon')",
    "from_method(methods.muon())(model.parameters(), beta1=0.9)",
    "from_method(methods.muon())(model.parameters(), learning_rate=0.1)",
    "from_method(methods.soap())(model.parameters(), refresh=0)",
    "step(from_method(methods.galore(rank=4))([w := nn.Parameter(torch.ones(4, 3))]), w + 1, w)",
    "wrapped(optim.Adam, model.parameters())",
    "wrapped(optim.Adam, model)",
    "wrapped(optim.Adam, [])",
    "wrapped(optim.Adam, dict(model.named_parameters()))",
    "wrapped(optim.Adam, list(model.named_parameters()) * 2)",
    "wrapped(optim.Adam, [('a', model[0].weight), ('b', model[0].weight)])",
    "wrapped(optim.Adam, [('0.weight', model[0].weight.to(torch.complex64))])",
    "wrapped(optim.Adam, nn.Sequential(nn.LazyLinear(4)).named_parameters())",
    "wrapped(optim.Adam, nn.Sequential(nn.Linear(6, 4, device='meta')).named_parameters())",
    "wrapped(optim.Adam(model.parameters()))",
    "wrapped('adam')",
    "wrapped(Plain)",
    "EGOPOptimizer(optim.Adam, model.named_parameters(), list(bases))",
    "adam(larger)",
    "adam(nn.Sequential(nn.Linear(6, 4)))",
    "adam(model[:1])",
    "adam(deeper)",
    "wrapped(optim.Adam, [('0.bias', model[0].bias)])",
    "EGOPOptimizer(optim.Adam, [{'params': layer.named_parameters(prefix=n)} for n, layer in "
    "model.named_children()], everything)",
    "adam(bases=everything, model=model.requires_grad_(False))",
    "wrapped(optim.LBFGS).step()",
    "step(adam(), model[0].weight**2, model[0].weight)",
    "step(adam(words, of_words), words[0].weight.detach().to_sparse(), words[0].weight)",
    "adam().add_param_group({'params': larger.parameters()})",
    "adam().add_param_group({'params': model.named_parameters()})",
    "adam().add_param_group(larger)",
    "changed(adam(), lambda groups: groups.append({'params': [], 'param_names': []})).step()",
    "changed(adam(), lambda groups: groups[0]['params'].pop(0)).step()",
    "changed(adam(), lambda groups: groups[0]['params'].pop(0)).state_dict()",
    "adam().load_state_dict(optim.Adam(model.parameters()).state_dict())",
    "adam().load_state_dict(optim.Adam(model[0].parameters()).state_dict())",
    "adam().load_state_dict(adam(bases=everything).state_dict())",
    "adam().refresh(estimated(larger))",
    "adam().refresh(bases, moments='turn')",
    "adam().refresh(bases, second_moments='rotate')",
)
