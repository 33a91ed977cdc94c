using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Kernels.Trial;

/// <summary>
/// Runs a kernel and ONNX Runtime on the same rows: the golden rows of the package, and a thousand drawn ones. One answer that differs is enough to leave the kernel out. Not thread-safe.
/// </summary>
internal sealed class KernelTrial : IDisposable
{
    /// <summary>Greatest |kernel - ONNX Runtime| / max(1, |ONNX Runtime|) that agrees, and that of golden rows unless they have one of their own.</summary>
    public const double Tolerance = GoldenRows.DefaultTolerance;

    /// <summary>Rows of a run.</summary>
    public const int BatchRows = 256;

    private readonly KernelProgram _program;
    private readonly ExecutionSession _session;
    private readonly InputPlan _inputs;
    private readonly FeatureRows _rows;
    private readonly InputBuffer[] _buffers;
    private readonly ScoreBuffer _expected;
    private readonly ScoreBuffer _found;
    private readonly RunOptions _options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
    private readonly int _width;

    /// <summary>Prepares.</summary>
    /// <param name="program">The kernel.</param>
    /// <param name="session">The session; the caller holds a lease.</param>
    /// <param name="inputs">Which features fill which input.</param>
    /// <param name="score">The score.</param>
    public KernelTrial(KernelProgram program, ExecutionSession session, InputPlan inputs, OutputPlan score)
    {
        (_program, _session, _inputs, _width) = (program, session, inputs, score.Width);
        _rows = new FeatureRows(inputs.Layout, BatchRows);
        _buffers = [.. inputs.Inputs.Select(i => InputBuffer.Create(i, _rows))];
        (_expected, _found) = (new ScoreBuffer(score, BatchRows), new ScoreBuffer(score, BatchRows));
    }

    /// <summary>Compares the answers.</summary>
    /// <param name="golden">The golden rows; null if there are none.</param>
    /// <param name="rowCount">Rows on which they agreed.</param>
    /// <returns>Why the kernel is left out, as a sentence; null if all answers agree.</returns>
    public string? FindDifference(GoldenRows? golden, out int rowCount)
    {
        rowCount = 0;
        if (golden is not null)
        {
            FeatureRowCopy.Copy(golden.Rows, 0, golden.Count, _rows);
            if (Compare(golden.Count, "golden row") is { } difference)
            {
                return difference;
            }

            for (var row = 0; row < golden.Count; row++)
            {
                if (Worst(golden.Expected.Slice(row * _width, _width), _found.RowOf(row)) > golden.Tolerance)
                {
                    return FormattableString.Invariant($"Expected a kernel to answer as the golden rows say, but it differs in row {row} of {golden.Count}.");
                }
            }

            rowCount = golden.Count;
        }

        var drawn = new TrialRows(_program.Hints, _inputs.Inputs);
        for (var first = 0; first < TrialRows.Count; first += BatchRows)
        {
            var count = Math.Min(BatchRows, TrialRows.Count - first);
            Reset(count);
            drawn.Fill(first, _rows);
            if (Compare(count, "drawn row") is { } difference)
            {
                return difference;
            }

            rowCount += count;
        }

        return null;
    }

    /// <summary>Measures both engines on ordinary rows.</summary>
    public IReadOnlyList<KernelTiming> Measure()
    {
        var drawn = new TrialRows(_program.Hints, _inputs.Inputs);
        Reset(BatchRows);
        drawn.Fill(0, _rows);
        var race = new KernelRace(_options);
        var timings = new List<KernelTiming>();
        foreach (var rowCount in KernelRace.RowCounts)
        {
            using var engine = _session.Bind(_buffers, [_expected], rowCount);
            using var kernel = new KernelShape(_program, _buffers, _found, rowCount);
            timings.Add(race.Run(engine, kernel));
        }

        return timings;
    }

    /// <inheritdoc/>
    public void Dispose() => _options.Dispose();

    // A kernel that handles one row otherwise than many must agree on both, so a few rows of each run are run alone too.
    private string? Compare(int rowCount, string what)
    {
        Run(rowCount);
        for (var row = 0; row < rowCount; row++)
        {
            if (Worst(_expected.RowOf(row), _found.RowOf(row)) is var worst && worst > Tolerance)
            {
                return FormattableString.Invariant(
                    $"Expected a kernel to answer as ONNX Runtime does, within {Tolerance} (relative to values above 1), but it differs by {worst:G3} in {what} {row} of a run of {rowCount}.");
            }
        }

        return CompareOne(rowCount, what);
    }

    private string? CompareOne(int rowCount, string what)
    {
        var batch = _found.RowOf(0)[..0].ToArray();
        for (var count = Math.Min(5, rowCount); count > 0; count -= 4)
        {
            batch = new double[count * _width];
            for (var row = 0; row < count; row++)
            {
                _expected.RowOf(row).CopyTo(batch.AsSpan(row * _width));
            }

            using var kernel = new KernelShape(_program, _buffers, _found, count);
            kernel.Run();
            _found.Complete(count);
            for (var row = 0; row < count; row++)
            {
                if (Worst(batch.AsSpan(row * _width, _width), _found.RowOf(row)) > Tolerance)
                {
                    return FormattableString.Invariant($"Expected a kernel to answer one row as it answers many, but it differs in {what} {row} of a run of {count}.");
                }
            }
        }

        // The answers of the whole run are looked at once more.
        Run(rowCount);
        return null;
    }

    private void Run(int rowCount)
    {
        using var engine = _session.Bind(_buffers, [_expected], rowCount);
        using var kernel = new KernelShape(_program, _buffers, _found, rowCount);
        engine.Run(_options);
        kernel.Run();
        _expected.Complete(rowCount);
        _found.Complete(rowCount);
    }

    private void Reset(int rowCount)
    {
        _rows.Reset(rowCount);
        _rows.Status.Fill(FeatureStatus.Present);
    }

    private static double Worst(ReadOnlySpan<double> expected, ReadOnlySpan<double> found)
    {
        var worst = 0.0;
        for (var i = 0; i < expected.Length; i++)
        {
            worst = Math.Max(worst, GoldenRows.Difference(expected[i], found[i]));
        }

        return worst;
    }
}
