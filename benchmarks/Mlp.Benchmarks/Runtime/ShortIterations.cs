using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace Mlp.Benchmarks.Runtime;

/// <summary>
/// In this process: the natives of the other libraries are 450 MB to copy for a process of its own. Many short iterations, of which the least and the median say something even on a
/// machine that others use.
/// </summary>
internal sealed class ShortIterations : ManualConfig
{
    public ShortIterations()
    {
        AddJob(Job.Default
            .WithToolchain(InProcessEmitToolchain.Instance)

            // The compiler compiles again what is called often, 0.1 s after it has seen nothing new, and once more with what it has learned: sixty milliseconds of warm-up measured the first code.
            .WithWarmupCount(250)
            .WithIterationTime(TimeInterval.FromMilliseconds(2))
            .WithIterationCount(300));
        AddColumn(StatisticColumn.Min, StatisticColumn.Q1, StatisticColumn.Median);
        HideColumns(Column.Job, Column.Toolchain, Column.Error, Column.StdDev, Column.Ratio, Column.RatioSD, Column.AllocRatio, Column.Gen0);
    }
}
