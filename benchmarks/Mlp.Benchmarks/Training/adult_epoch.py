"""Trains the network of AdultEpoch with PyTorch: python3 adult_epoch.py ROWS LABELS WIDTH EPOCHS. Prints the seconds of each epoch, first by DataLoader, then by slices of a permutation."""
import sys
import time

import numpy
import torch

rows, labels, width, epochs = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
torch.set_num_threads(1)
torch.manual_seed(1)
x = torch.from_numpy(numpy.fromfile(rows, dtype="<f4").reshape(-1, width))
y = torch.from_numpy(numpy.fromfile(labels, dtype="<f4"))
BATCH = 256


def by_loader():
    yield from torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=BATCH, shuffle=True)


def by_slices():
    order = torch.randperm(len(y))
    for start in range(0, len(y), BATCH):
        index = order[start:start + BATCH]
        yield x[index], y[index]


for name, batches in (("loader", by_loader), ("slices", by_slices)):
    layers, inputs = [], width
    for units in (64, 32):
        layers += [torch.nn.Linear(inputs, units), torch.nn.BatchNorm1d(units), torch.nn.ReLU(), torch.nn.Dropout(0.1)]
        inputs = units
    network = torch.nn.Sequential(*layers, torch.nn.Linear(inputs, 1))
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.01)
    network.train()
    for _ in range(epochs):
        started = time.perf_counter()
        total = 0.0
        for batch, target in batches():
            optimizer.zero_grad()
            loss = torch.nn.functional.binary_cross_entropy_with_logits(network(batch).squeeze(1), target)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(target)
        print(name, time.perf_counter() - started, total / len(y), flush=True)
