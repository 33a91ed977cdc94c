using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>Runs golden rows and compares the answers with those that were kept.</summary>
internal static class GoldenRowCheck
{
    /// <summary>Refuses rows that are of other features than the model takes.</summary>
    /// <param name="manifest">The version, for messages.</param>
    /// <param name="golden">The rows.</param>
    /// <param name="inputs">The model's features.</param>
    /// <exception cref="InvalidModelException">They are.</exception>
    public static void RequireLayout(ModelManifest manifest, GoldenRows golden, InputPlan inputs)
    {
        if (FeatureLayoutCheck.FindDifference(inputs.Layout.Columns, golden.Features) is { } difference)
        {
            throw Error(manifest, $"{difference} in the golden rows");
        }

        try
        {
            FeatureRanges.Create(manifest, inputs)?.Require(golden.Rows, 0);
        }
        catch (FeatureRangeException e)
        {
            throw new InvalidModelException(manifest.Name, $"Expected golden rows that the model can take. {e.Message}", e);
        }
    }

    /// <summary>Puts one row into a slot of its own.</summary>
    /// <param name="golden">The rows.</param>
    /// <param name="row">Which; beyond the last one it starts over.</param>
    /// <param name="slot">A slot of the same layout.</param>
    public static void Fill(GoldenRows golden, int row, InferenceSlot slot) => FeatureRowCopy.Copy(golden.Rows, row % golden.Count, 1, slot.Rows);

    /// <summary>Runs every row by itself.</summary>
    /// <param name="manifest">The version, for messages.</param>
    /// <param name="golden">Rows that <see cref="RequireLayout"/> has passed.</param>
    /// <param name="slot">A slot.</param>
    /// <exception cref="InvalidModelException">An answer differs. The message names the row and the difference, and no value.</exception>
    public static void Run(ModelManifest manifest, GoldenRows golden, InferenceSlot slot)
    {
        for (var row = 0; row < golden.Count; row++)
        {
            Fill(golden, row, slot);
            slot.Run(interruptible: false, CancellationToken.None);
            Compare(manifest, golden, row, slot.Score.RowOf(0));
        }
    }

    private static void Compare(ModelManifest manifest, GoldenRows golden, int row, ReadOnlySpan<double> found)
    {
        if (found.Length != golden.OutputWidth)
        {
            throw Error(manifest, FormattableString.Invariant($"Expected {golden.OutputWidth} values for each golden row, but found {found.Length}"));
        }

        var expected = golden.Expected.Slice(row * golden.OutputWidth, golden.OutputWidth);
        var (worst, largest) = (0, 0.0);
        for (var i = 0; i < found.Length; i++)
        {
            var difference = GoldenRows.Difference(expected[i], found[i]);
            (worst, largest) = difference > largest ? (i, difference) : (worst, largest);
        }

        if (largest > golden.Tolerance)
        {
            throw Error(
                manifest,
                FormattableString.Invariant(
                    $"Expected golden row {row} of {golden.Count} to be answered as it was when it was kept, within {golden.Tolerance} (relative to values above 1), but value {worst} of output '{manifest.Output.ScoreOutput}' differs by {largest:G3}"));
        }
    }

    private static InvalidModelException Error(ModelManifest manifest, string sentence)
        => new(manifest.Name, $"{sentence} ({manifest.Where}).");
}
