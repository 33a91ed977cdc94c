using Mlp.Runtime.Data;
using Mlp.Training.Evaluation;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Networks.Streams;

/// <summary>Training rows that are read anew in each epoch. Immutable.</summary>
/// <param name="Training">The rows that are trained on.</param>
/// <param name="Survey">What is known of all of them.</param>
/// <param name="Reading">How labels are read; it names the classes.</param>
internal sealed record StreamedRows(ITrainingSet Training, StreamSurvey Survey, RowReading Reading)
{
    /// <summary>Surveys a stream, and reads what stays in memory: a sample of the training rows and the rows that validate.</summary>
    /// <param name="set">The rows.</param>
    /// <param name="hasValidation">Whether other rows validate.</param>
    /// <param name="options">Settings.</param>
    /// <param name="reading">How rows are read.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <returns>The stream, the rows in memory, and how many of those are of the sample: the first ones.</returns>
    /// <exception cref="TrainingDataException">Rows are not fit to train on.</exception>
    public static async Task<(StreamedRows Stream, LabelledRows Rows, int SampleCount)> ReadAsync(
        ITrainingSet set, bool hasValidation, NetworkOptions options, RowReading reading, CancellationToken cancellationToken)
    {
        var count = set.Manifest.RowCount;
        var validating = hasValidation ? 0 : Math.Min((long)Math.Round(count * options.ValidationShare, MidpointRounding.AwayFromZero), options.Stream.MaximumValidationRows);
        var survey = await StreamSurvey.ReadAsync(set, options, validating, cancellationToken).ConfigureAwait(false);
        var sampleCount = (int)Math.Min(survey.TrainingCount, options.Stream.SampleRows);
        var sample = new StreamSample(set, survey.TrainingCount, sampleCount, options.Seed);
        reading = reading with { ClassNames = survey.ClassNames };
        var rows = await LabelledRows.ReadAsync(sample, set.Manifest.Features, reading, cancellationToken).ConfigureAwait(false);
        return (new(TrainingSetSlice.Unhashed(set, 0, survey.TrainingCount), survey, reading), rows, sampleCount);
    }
}
