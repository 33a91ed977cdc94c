using Mlp.Training.Networks;

namespace Mlp.Training.Evaluation.Calibration;

/// <summary>Scores rows by calibrations that have not seen them.</summary>
internal static class CalibrationFolds
{
    /// <summary>Deals the rows of each class to folds at random and calibrates each fold by what is fitted to the others.</summary>
    /// <param name="rows">All rows.</param>
    /// <param name="options">Folds and seed.</param>
    /// <param name="fit">Fits a calibrator.</param>
    /// <param name="cancellationToken">Ends the work between folds.</param>
    /// <returns>Calibrated scores of all rows.</returns>
    public static float[] Score(CalibrationRows rows, CalibrationOptions options, Func<CalibrationRows, Calibrator> fit, CancellationToken cancellationToken)
    {
        var order = Enumerable.Range(0, rows.Count).ToArray();
        SeededRandom.For(options.Seed, "calibration").Shuffle(order);
        var (dealt, foldOf) = (new int[rows.ClassCount], new int[rows.Count]);
        foreach (var row in order)
        {
            foldOf[row] = dealt[rows.Labels[row]]++ % options.Folds;
        }

        var scores = new float[rows.Said.Length];
        for (var fold = 0; fold < options.Folds; fold++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int[] held = [.. Enumerable.Range(0, rows.Count).Where(r => foldOf[r] == fold)];
            if (held.Length == 0)
            {
                continue;
            }

            var part = rows.Take(held);
            fit(rows.Take([.. Enumerable.Range(0, rows.Count).Where(r => foldOf[r] != fold)])).Apply(part.Said, part.Scores);
            for (var i = 0; i < held.Length; i++)
            {
                part.Scores.AsSpan(i * rows.Width, rows.Width).CopyTo(scores.AsSpan(held[i] * rows.Width));
            }
        }

        return scores;
    }
}
