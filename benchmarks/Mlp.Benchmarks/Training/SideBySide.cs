using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace Mlp.Benchmarks.Training;

/// <summary>In this process, because the neighbour has to be in the same one; iterations long enough that the system's scheduler takes turns within each.</summary>
internal sealed class SideBySide : ManualConfig
{
    public SideBySide()
    {
        AddJob(Job.Default
            .WithToolchain(InProcessEmitToolchain.Instance)
            .WithWarmupCount(3)
            .WithIterationTime(TimeInterval.FromMilliseconds(300))
            .WithIterationCount(12));
        AddColumn(StatisticColumn.Median);
        HideColumns(Column.Job, Column.Toolchain, Column.Error, Column.StdDev);
    }
}
