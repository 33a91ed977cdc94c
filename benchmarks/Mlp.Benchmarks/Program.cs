using BenchmarkDotNet.Running;
using Mlp.Benchmarks.Runtime;

if (args is ["batching-pairs", .. var networks])
{
    await BatchingPairs.RunAsync(networks);
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
