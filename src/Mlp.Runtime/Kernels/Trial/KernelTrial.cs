using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Kernels.Trial;

/// <summary>
/// Runs a kernel and ONNX Runtime on the same rows: the golden rows of the package, and a thousand drawn ones. One answer that differs is enough to leave the kernel out, unless the kernel would hand its row to ONNX Runtime
/// (<see cref="KernelMemory.IsBeyondRange"/>). Not thread-safe.
/// </summary>
internal sealed class KernelTrial : IDisposable
{
    /// <summary>Greatest |kernel - ONNX Runtime| / max(1, |ONNX Runtime|) that agrees, and that of golden rows unless they have one of their own.</summary>
    public const double Tolerance = GoldenRows.DefaultTolerance;

    /// <summary>The greatest one that agrees for <see cref="KernelUse.Strict"/>.</summary>
    public const double StrictTolerance = 1e-6;

    /// <summary>Rows of a run.</summary>
    public const int BatchRows = 256;

    private readonly KernelProgram _program;
    private readonly ExecutionSession _session;
    private readonly InputPlan _inputs;
    private readonly FeatureRows _rows;
    private readonly OutputPlan _score;
    private readonly InputBuffer[] _buffers;
    private readonly ScoreBuffer _expected;
    private readonly ScoreBuffer _found;
    private readonly RunOptions _options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
    private readonly int _width;
    private readonly double _tolerance;

    /// <summary>Prepares.</summary>
    /// <param name="program">The kernel.</param>
    /// <param name="session">The session; the caller holds a lease.</param>
    /// <param name="inputs">Which features fill which input.</param>
    /// <param name="score">The score.</param>
    /// <param name="tolerance">Greatest difference that agrees.</param>
    public KernelTrial(KernelProgram program, ExecutionSession session, InputPlan inputs, OutputPlan score, double tolerance = Tolerance)
    {
        _tolerance = tolerance;
        (_program, _session, _inputs, _score, _width) = (program, session, inputs, score, score.Width);
        _rows = new FeatureRows(inputs.Layout, BatchRows);
        _buffers = [.. inputs.Inputs.Select(i => InputBuffer.Create(i, _rows))];
        (_expected, _found) = (new ScoreBuffer(score, BatchRows), new ScoreBuffer(score, BatchRows));
    }

    /// <summary>Whether all answers so far had the same bits.</summary>
    public bool HasSameBits { get; private set; } = true;

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
            if (Compare(golden.Count, "golden row", golden) is { } difference)
            {
                return difference;
            }

            rowCount = golden.Count;
        }

        var drawn = new TrialRows(_program.Hints, _inputs.Inputs);
        for (var first = 0; first < TrialRows.Count; first += BatchRows)
        {
            var count = Math.Min(BatchRows, TrialRows.Count - first);
            Reset(_rows, count);
            drawn.Fill(first, _rows);
            if (Compare(count, "drawn row", null) is { } difference)
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
        var bank = new FeatureRows(_inputs.Layout, BatchRows);
        Reset(bank, BatchRows);
        new TrialRows(_program.Hints, _inputs.Inputs).FillOrdinary(bank);
        var race = new KernelRace(_options, bank, _rows);
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

    private string? Compare(int rowCount, string what, GoldenRows? golden)
    {
        using var engine = _session.Bind(_buffers, [_expected], rowCount);
        engine.Run(_options);
        _expected.Complete(rowCount);
        if (Difference(rowCount, rowCount, what) is { } difference)
        {
            return difference;
        }

        for (var row = 0; row < (golden?.Count ?? 0); row++)
        {
            if (Worst(golden!.Expected.Slice(row * _width, _width), _found.RowOf(row)) > golden.Tolerance && !IsBeyondRange(row))
            {
                return FormattableString.Invariant($"Expected a kernel to answer as the golden rows say, but it differs in row {row} of {golden.Count}.");
            }
        }

        // A kernel treats one row otherwise than many, so the first ones run by themselves too.
        return Difference(1, rowCount, what) ?? Difference(Math.Min(5, rowCount), rowCount, what);
    }

    private string? Difference(int count, int rowCount, string what)
    {
        using var kernel = new KernelShape(_program, _buffers, _found, count);
        kernel.Run();
        _found.Complete(count);
        for (var row = 0; row < count; row++)
        {
            HasSameBits &= _expected.RowOf(row).SequenceEqual(_found.RowOf(row));
            if (Worst(_expected.RowOf(row), _found.RowOf(row)) is var worst && worst > _tolerance && !IsBeyondRange(row))
            {
                return FormattableString.Invariant(
                    $"Expected a kernel to answer as ONNX Runtime does, within {_tolerance} (relative to values above 1), but it differs by {worst:G3} in {what} {row} of {rowCount}, in a run of {count}.");
            }
        }

        return null;
    }

    /// <summary>Whether the kernel does not answer a row itself.</summary>
    private bool IsBeyondRange(int row)
    {
        var alone = new FeatureRows(_inputs.Layout, 1);
        FeatureRowCopy.Copy(_rows, row, 1, alone);
        using var kernel = new KernelShape(_program, [.. _inputs.Inputs.Select(i => InputBuffer.Create(i, alone))], new ScoreBuffer(_score, 1), 1);
        kernel.Run();
        return kernel.IsBeyondRange;
    }

    private static void Reset(FeatureRows rows, int rowCount)
    {
        rows.Reset(rowCount);
        rows.Status.Fill(FeatureStatus.Present);
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
