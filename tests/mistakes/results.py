"""Mistakes with results and the lab."""

SETUP = """
from dataclasses import make_dataclass
from pathlib import Path

import h5py
import numpy as np
import xarray as xr

import egop
from egop import experiments, figures, lab

dims = ("optimizer", "basis", "learning_rate", "trial", "epoch")
names = {"optimizer": ["adam", "adagrad"], "basis": ["original", "egop"]}
own = xr.Dataset(
    {"training_loss": (dims, np.ones((2, 2, 2, 5, 4)))}, {**names, "learning_rate": [0.01, 0.1]}
)
Path("notes.nc").write_text("no netCDF")
Path("empty.nc").touch()
Config = make_dataclass("Config", [("trials", int, 2)], frozen=True)
def own_experiment(plan, assemble):
    experiments.register("mine", experiments.Experiment(Config, plan, assemble, title="mine"))
    experiments.run("mine", out=None)
def same_key(config, done):
    return [experiments.Task("a", lambda task: {}), experiments.Task("a", lambda task: {})]
def path_as_key(config, done):
    return [experiments.Task("a/b", lambda task: {})]
own.to_netcdf("own.nc", engine="h5netcdf")
own.to_netcdf("groups.nc", engine="h5netcdf", group="inner")
with h5py.File("zeros.nc", "w") as file:
    file.create_dataset("training_loss", (10**8,), "f4", chunks=(10**6,), compression="gzip")
def merge_parts(*parts, epochs=(2, 2)):
    for trials, n_epochs in zip(parts, epochs):
        name = f"{trials.start}-{trials.stop}"
        experiments.run("two_dimensions", trials=trials, epochs=n_epochs, out=name)
        next(Path(name).iterdir()).rename(Path(name, "run"))
    experiments.merge([f"{trials.start}-{trials.stop}/run" for trials in parts])
Path("half.nc").write_bytes(Path("own.nc").read_bytes()[:2000])
"""

MISTAKES = (
    "lab.open(own.assign(validation_accuracy=97 * own.training_loss))",
    "lab.open(own.drop_vars('learning_rate'))",
    "lab.open(own.drop_vars('optimizer'))",
    "lab.open(own.assign(status=own.training_loss.isel(epoch=0).astype(str)))",
    "lab.open(own.isel(basis=0))",
    "lab.open(own * np.nan)",
    "lab.open('half.nc')",
    "lab.open('notes.nc')",
    "lab.open('empty.nc')",
    "lab.open('groups.nc')",
    "lab.open('zeros.nc')",
    "lab.open('nowhere.nc')",
    "lab.open(own.training_loss)",
    "lab.open({'adam': [0.3, 0.2]})",
    "lab.open(own.rename(training_loss='loss'))",
    "lab.open(own.rename(epoch='step'))",
    "lab.open(own.assign_coords(learning_rate=['small', 'large']))",
    "lab.open(own.assign(chosen_rate=('optimizer', [0.5, 0.1])))",
    "lab.open(own - 5)",
    "experiments.load('own.nc')",
    "experiments.load('.')",
    "experiments.run('digit')",
    "experiments.run('digits', trials=0)",
    "experiments.run('digits', rates=[-1.0])",
    "experiments.run('digits', rates={'adm': [0.1]})",
    "experiments.run('digits', device='gpu')",
    "experiments.run('schedule', trials=3)",
    "figures.draw(own.drop_vars('training_loss'))",
    "figures.draw(own.isel(epoch=0))",
    "experiments.run('convex', trials=range(20, 10))",
    "experiments.run('convex', trials=(10, 20))",
    "experiments.run('digits', trials=range(10, 20))",
    "experiments.run('convex', rates=experiments.rates_from(own.assign_attrs(experiment='own')))",
    "experiments.merge('runs')",
    "experiments.merge(['runs/a', 'runs/a'])",
    "experiments.merge(['runs/a', 'runs/b'])",
    "merge_parts(range(2), range(4, 6))",
    "merge_parts(range(8, 10), range(9, 11))",
    "merge_parts(range(20, 22), range(22, 24), epochs=(2, 3))",
    "egop claims nowhere",
    "egop figures empty",
    "egop resume nowhere",
    "egop merge nowhere elsewhere",
    "egop experiment digits --trials 20:10",
    "egop experiment digits --trials a:b",
    "egop experiment digits --trials :",
    "egop experiment digits --trials 0:1000000",
    "egop experiment digits --trials 10:20",
    "egop experiment digits --rates 0.1 --rates-from runs",
    "experiments.register('digits', experiments.EXPERIMENTS['linear'])",
    "experiments.register('two words', experiments.EXPERIMENTS['linear'])",
    "experiments.register('mine', print)",
    "experiments.Experiment(dict, print, print, title='mine')",
    "own_experiment(same_key, lambda config, done: own)",
    "own_experiment(path_as_key, lambda config, done: own)",
    "own_experiment(lambda config, done: [], lambda config, done: {'a': 1})",
)
