"""PyTorch's DistributedDataParallel with Gloo: python3 data_parallel_gloo.py RANKS WIDTH UNITS,UNITS,... ROWS. Each line "together STEPS" or "apart STEPS" on the standard input has all ranks take
steps, with gradients averaged or without; the seconds come back. Ends with the input."""
import os
import sys
import tempfile
import time

import torch
import torch.distributed as dist

ranks, width, units, rows = int(sys.argv[1]), int(sys.argv[2]), [int(u) for u in sys.argv[3].split(",")], int(sys.argv[4])
meeting = tempfile.mktemp()
rank = 0
children = []
for other in range(1, ranks):
    child = os.fork()
    if child == 0:
        rank, children = other, []
        break
    children.append(child)

torch.set_num_threads(1)
torch.manual_seed(1)
dist.init_process_group("gloo", init_method="file://" + meeting, rank=rank, world_size=ranks)


def network():
    layers, inputs = [], width
    for count in units:
        layers += [torch.nn.Linear(inputs, count), torch.nn.ReLU()]
        inputs = count
    return torch.nn.Sequential(*layers, torch.nn.Linear(inputs, 1))


def team(model):
    return model, torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)


x = torch.rand(64 * rows, width)
y = (torch.arange(64 * rows) % 2).float()
apart = team(network())
together = team(torch.nn.parallel.DistributedDataParallel(network(), gradient_as_bucket_view=True))
step = 0
while True:
    command = torch.zeros(2, dtype=torch.int64)
    if rank == 0:
        words = sys.stdin.readline().split()
        if words:
            command = torch.tensor([1 if words[0] == "together" else 2, int(words[1])])
    dist.broadcast(command, 0)
    mode, steps = command.tolist()
    if mode == 0:
        break
    model, optimizer = together if mode == 1 else apart
    dist.barrier()
    started = time.perf_counter()
    for _ in range(steps):
        start = step % 64 * rows
        step += 1
        optimizer.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(model(x[start:start + rows]).squeeze(1), y[start:start + rows]).backward()
        optimizer.step()
    dist.barrier()
    if rank == 0:
        print(time.perf_counter() - started, flush=True)

dist.destroy_process_group()
for child in children:
    os.waitpid(child, 0)
if rank == 0 and os.path.exists(meeting):
    os.remove(meeting)
