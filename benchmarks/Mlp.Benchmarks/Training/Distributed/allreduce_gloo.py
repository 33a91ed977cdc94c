"""One rank of torch.distributed's Gloo for AllReducePairs: python3 allreduce_gloo.py RANK WORLD STORE. Takes lines "bytes calls refill" and answers with microseconds per call."""
import sys
import time

import torch
import torch.distributed as dist

rank, world, store = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
torch.set_num_threads(1)
dist.init_process_group("gloo", init_method="file://" + store, rank=rank, world_size=world)
tensors = {}
print("ready", flush=True)
for line in iter(sys.stdin.readline, ""):
    size, calls, refill = map(int, line.split())
    tensor = tensors.setdefault(size, torch.zeros(size // 4))
    for _ in range(calls // 8 + 1):
        dist.all_reduce(tensor)
    dist.barrier()
    seconds, start = 0.0, time.perf_counter()
    for _ in range(calls):
        if refill:
            tensor.zero_()
            dist.barrier()
            start = time.perf_counter()
        dist.all_reduce(tensor)
        seconds += time.perf_counter() - start if refill else 0
    seconds = seconds if refill else time.perf_counter() - start
    print(f"{seconds * 1e6 / calls:.3f}", flush=True)
