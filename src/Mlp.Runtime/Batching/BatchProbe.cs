using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Batching;

/// <summary>
/// Learns at load whether rows of a model are answered together as they are alone, and what runs take. It uses the golden rows, or numbers that differ from row to row; a model that
/// runs on neither (one that refuses unknown texts) is taken at its declaration.
/// </summary>
/// <param name="manifest">The version.</param>
/// <param name="golden">Rows that the model knows; null for none.</param>
/// <param name="maximumBatchSize">Greatest number of rows of a batch.</param>
/// <param name="createSlot">Makes a slot of a number of rows, which the probe disposes of.</param>
internal sealed class BatchProbe(ModelManifest manifest, GoldenRows? golden, int maximumBatchSize, Func<int, InferenceSlot> createSlot)
{
    /// <summary>How far an answer may differ: products of matrices are summed in another order for other numbers of rows. Of probabilities relative to values above 1, of numbers in a unit of their own relative to what they differ by.</summary>
    private const double Tolerance = 1e-4;

    /// <summary>What float32 keeps of a number far from 0 by itself, 16 of its last steps.</summary>
    private const double Rounding = 1.0 / (1 << 20);

    private const int ComparedRows = 16;
    private const int TimedRuns = 3;

    /// <summary>Twice as many rows take at most twice as long; what took much longer was a thread that lost its processor.</summary>
    private const double LongestDoubling = 2.5;

    /// <summary>The probe's whole time for measuring; what one run goes beyond it is the only excess.</summary>
    private static readonly TimeSpan TimeBudget = TimeSpan.FromMilliseconds(100);

    /// <summary>Compares and measures.</summary>
    /// <returns>What runs take, as far as it could be measured.</returns>
    /// <exception cref="InvalidModelException">The model cannot be batched.</exception>
    public CostCurve Run()
    {
        using var alone = createSlot(1);
        using var together = createSlot(maximumBatchSize);
        var curve = new CostCurve();
        var rowCount = Math.Min(ComparedRows, maximumBatchSize);
        if (TryRunAlone(alone, rowCount) is { } expected)
        {
            Compare(together, expected, rowCount);
            Measure(together, curve);
        }
        else
        {
            RequireDeclaration();
        }

        return curve;
    }

    private double[][]? TryRunAlone(InferenceSlot slot, int rowCount)
    {
        var answers = new double[rowCount][];
        try
        {
            for (var row = 0; row < rowCount; row++)
            {
                slot.Rows.Restart(1);
                Fill(slot.Rows, row, 0);
                slot.Run(interruptible: false, CancellationToken.None);
                answers[row] = slot.Score.RowOf(0).ToArray();
            }

            return answers;
        }
        catch (OnnxRuntimeException)
        {
            return null;
        }
    }

    private void Compare(InferenceSlot slot, double[][] expected, int rowCount)
    {
        Fill(slot.Rows, rowCount);
        try
        {
            slot.Run(interruptible: false, CancellationToken.None);
        }
        catch (OnnxRuntimeException e)
        {
            throw Refuse(FormattableString.Invariant($"runs {rowCount} rows at once, but ONNX Runtime says: {e.Message.Trim()}"), e);
        }

        var units = Array.ConvertAll([.. Enumerable.Range(0, expected[0].Length)], i => UnitOf(expected, i));
        for (var row = 0; row < rowCount; row++)
        {
            var found = slot.Score.RowOf(row);
            for (var i = 0; i < found.Length; i++)
            {
                var (alone, unit) = (expected[row][i], units[i]);
                var scale = unit > 0 ? Math.Max(unit, Math.Abs(alone) * Rounding / Tolerance) : Math.Max(1, Math.Abs(alone));
                var difference = alone.Equals(found[i]) ? 0 : Math.Abs(found[i] - alone) / scale;
                if (!(difference <= Tolerance))
                {
                    var relative = unit > 0 ? "relative to what its scores differ by" : "relative to values above 1";
                    throw Refuse(FormattableString.Invariant(
                        $"answers a row among {rowCount} as it does alone, within {Tolerance} ({relative}), but value {i} of output '{manifest.Output.ScoreOutput}' differs by {difference:G3}: its rows depend on each other"));
                }
            }
        }
    }

    /// <summary>The unit of a value of the score: for a number its spread over the rows, at least that of the training labels; 0 for a probability, and where rows tell nothing of it.</summary>
    private double UnitOf(double[][] answers, int value)
    {
        if (manifest.Output.Task is not (ModelTask.Regression or ModelTask.Ranking))
        {
            return 0;
        }

        double[] finite = [.. answers.Select(a => a[value]).Where(double.IsFinite)];
        var spread = finite.Length == 0 ? 0 : finite.Max() - finite.Min();
        return Math.Max(spread, manifest.ExportProof?.LabelScale ?? 0);
    }

    private void Measure(InferenceSlot slot, CostCurve curve)
    {
        // A measurement of this machine, not a time that anything is decided or logged by.
        var began = Stopwatch.GetTimestamp();
        var last = TimeSpan.Zero;
        for (var size = 1; size <= maximumBatchSize; size *= 2)
        {
            // A thread that lost its processor may have used up the time with one row, without which there is no curve.
            if (size > 1 && Stopwatch.GetElapsedTime(began) + (2 * last) > TimeBudget)
            {
                return;
            }

            Fill(slot.Rows, size);
            var quickest = long.MaxValue;
            for (var run = 0; run <= TimedRuns && (run < 2 || Stopwatch.GetElapsedTime(began) + last < TimeBudget); run++)
            {
                var started = Stopwatch.GetTimestamp();
                slot.Run(interruptible: false, CancellationToken.None);
                var ticks = Stopwatch.GetTimestamp() - started;
                last = Stopwatch.GetElapsedTime(started, started + ticks);

                // The first run binds. A kernel may take less than the hundred nanoseconds that a TimeSpan can tell.
                quickest = run == 0 ? quickest : Math.Min(quickest, Math.Max(1, (long)(ticks * (1e9 / Stopwatch.Frequency))));
            }

            if (size == 1 || quickest <= LongestDoubling * curve.Estimate(size / 2))
            {
                curve.Learn(size, quickest);
            }
        }
    }

    private void RequireDeclaration()
    {
        var score = manifest.Signature.Outputs.First(o => o.Name == manifest.Output.ScoreOutput);
        if (score.Dimensions.Count > 0 && score.Dimensions[0] >= 0)
        {
            throw Refuse($"has one row of output per row of input, but its output is declared as {score}, and it does not run on made-up rows, which would have shown what is true; publish it with golden rows");
        }
    }

    private void Fill(FeatureRows rows, int rowCount)
    {
        rows.Restart(rowCount);
        for (var row = 0; row < rowCount; row++)
        {
            Fill(rows, row, row);
        }
    }

    private void Fill(FeatureRows rows, int number, int row)
    {
        if (golden is not null)
        {
            FeatureRowCopy.CopyRow(golden.Rows, number % golden.Count, rows, row);
            return;
        }

        var floats = rows.Float32Of(row);
        var doubles = rows.Float64Of(row);
        for (var i = 0; i < floats.Length; i++)
        {
            floats[i] = Number(number, i);
        }

        for (var i = 0; i < doubles.Length; i++)
        {
            doubles[i] = Number(number, i);
        }

        rows.Int64Of(row).Clear();
        rows.BooleanOf(row).Clear();
        rows.StatusOf(row).Fill(FeatureStatus.Present);
    }

    /// <summary>Numbers from 0 to 1 without a pattern that a model could have.</summary>
    private static float Number(int row, int column) => ((row * 37) + (column * 17)) % 101 / 101f;

    private InvalidModelException Refuse(string rest, Exception? cause = null)
        => new(manifest.Name, $"Expected a model that {rest} ({manifest.Where}). Serve it without dynamic batching.", cause);
}
