using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Kernels.Trial;

/// <summary>
/// Measures two engines on the same rows, in turn: the least time of several rounds, each of as many runs as take some microseconds. Each run gets other rows, for a processor that sees
/// the same ones again foresees every branch. A measurement of this machine, not a time that is logged.
/// </summary>
/// <param name="options">Options of the runs.</param>
/// <param name="bank">Rows to draw from.</param>
/// <param name="rows">The rows that the engines read.</param>
internal sealed class KernelRace(RunOptions options, FeatureRows bank, FeatureRows rows)
{
    /// <summary>A kernel serves where it takes less than this part of ONNX Runtime's time: what is barely faster here may not be elsewhere.</summary>
    public const double Margin = 0.9;

    private const int Rounds = 5;
    private const int FewRounds = 2;
    private const int MaximumRuns = 64;

    /// <summary>A round of a fast engine lasts about so long.</summary>
    private const double RoundNanoseconds = 20_000;

    /// <summary>Engines whose runs last longer get few rounds.</summary>
    private const double LongNanoseconds = 1_000_000;

    /// <summary>Numbers of rows that are measured.</summary>
    public static IReadOnlyList<int> RowCounts { get; } = [1, 4, 16, 64, 256];

    /// <summary>Measures.</summary>
    /// <param name="engine">ONNX Runtime.</param>
    /// <param name="kernel">The kernel, for the same number of rows.</param>
    public KernelTiming Run(BoundShape engine, BoundShape kernel)
    {
        var (engineTime, kernelTime, copyTime) = (Time(engine, engine.RowCount, 1), Time(kernel, engine.RowCount, 1), Time(null, engine.RowCount, 1));
        var (engineRuns, kernelRuns) = (RunsOf(engineTime), RunsOf(kernelTime));
        var rounds = Math.Max(engineTime, kernelTime) > LongNanoseconds ? FewRounds : Rounds;
        for (var round = 0; round < rounds; round++)
        {
            engineTime = Math.Min(engineTime, Time(engine, engine.RowCount, engineRuns));
            kernelTime = Math.Min(kernelTime, Time(kernel, engine.RowCount, kernelRuns));
            copyTime = Math.Min(copyTime, Time(null, engine.RowCount, kernelRuns));
        }

        (engineTime, kernelTime) = (Math.Max(1, engineTime - copyTime), Math.Max(1, kernelTime - copyTime));
        return new KernelTiming(engine.RowCount, engineTime, kernelTime, kernelTime < Margin * engineTime);
    }

    private static int RunsOf(double nanoseconds) => (int)Math.Clamp(RoundNanoseconds / nanoseconds, 1, MaximumRuns);

    private double Time(BoundShape? shape, int rowCount, int runs)
    {
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < runs; i++)
        {
            FeatureRowCopy.Copy(bank, i * rowCount % (bank.Capacity - rowCount + 1), rowCount, rows);
            shape?.Run(options);
        }

        return Stopwatch.GetElapsedTime(started).TotalNanoseconds / runs;
    }
}
