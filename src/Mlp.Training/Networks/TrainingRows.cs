using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Evaluation;
using Mlp.Training.Networks.Streams;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Networks;

/// <summary>The rows of a training in memory, and which of them validate; of a stream a sample of them. Immutable.</summary>
/// <param name="Training">The rows that are trained on, and behind them those that validate where no others were given.</param>
/// <param name="TrainingCount">How many of them are trained on.</param>
/// <param name="Validation">Rows that validate; null for the last ones of <paramref name="Training"/>, or for none.</param>
/// <param name="Manifest">What the training rows are.</param>
/// <param name="ValidationHash">Content hash of the rows that validate; null where none were given.</param>
internal sealed record TrainingRows(LabelledRows Training, int TrainingCount, LabelledRows? Validation, TrainingSetManifest Manifest, string? ValidationHash)
{
    /// <summary>Rows without which nothing is learned.</summary>
    public const int MinimumRowCount = 10;

    /// <summary>The rows that are trained on, where they are not in memory; the first rows in memory are a sample of them then.</summary>
    public StreamedRows? Stream { get; init; }

    /// <summary>How many rows are trained on.</summary>
    public long TrainedCount => Stream?.Survey.TrainingCount ?? TrainingCount;

    /// <summary>Whether some rows validate.</summary>
    public bool HasValidation => Validation is not null || TrainingCount < Training.RowCount;

    /// <summary>Reads both sets.</summary>
    /// <exception cref="TrainingDataException">Rows are not fit to train on.</exception>
    public static async Task<TrainingRows> ReadAsync(ITrainingSet trainingSet, ITrainingSet? validation, NetworkOptions options, CancellationToken cancellationToken)
    {
        var manifest = trainingSet.Manifest;
        if (manifest.Features.Count == 0)
        {
            throw new TrainingDataException("Expected at least one feature, but the training set's manifest names none.");
        }

        var reading = new RowReading
        {
            Task = options.Task,
            ClassNames = [.. options.ClassNames],
            TakesWeights = true,
            GroupColumn = options.Task == ModelTask.Ranking ? options.GroupColumn : null,
        };
        LabelledRows.RequireTrainable(trainingSet, validation, reading.GroupColumn);
        if (options.Stream.IsEnabled)
        {
            var (stream, kept, sampleCount) = await StreamedRows.ReadAsync(trainingSet, validation is not null, options, reading, cancellationToken).ConfigureAwait(false);
            var given = validation is null
                ? null
                : await LabelledRows.ReadAsync(validation, manifest.Features, stream.Reading with { IsValidation = true }, cancellationToken).ConfigureAwait(false);
            return new(kept, sampleCount, given, manifest, validation?.Manifest.ContentHash) { Stream = stream };
        }

        var training = await LabelledRows.ReadAsync(trainingSet, manifest.Features, reading, cancellationToken).ConfigureAwait(false);
        if (validation is null)
        {
            return new(training, Cut(training, options.ValidationShare), null, manifest, null);
        }

        var other = await LabelledRows.ReadAsync(validation, manifest.Features, reading with { ClassNames = training.ClassNames, IsValidation = true }, cancellationToken).ConfigureAwait(false);
        return new(training, training.RowCount, other, manifest, validation.Manifest.ContentHash);
    }

    // Rows of a group stay together, in the later part.
    private static int Cut(LabelledRows rows, double validationShare)
    {
        var cut = TimeOrder.CutByShare(rows.Times, rows.RowCount, validationShare);
        while (!rows.Groups.IsEmpty && cut > 0 && cut < rows.RowCount && rows.Groups[cut] == rows.Groups[cut - 1])
        {
            cut--;
        }

        return cut;
    }
}
