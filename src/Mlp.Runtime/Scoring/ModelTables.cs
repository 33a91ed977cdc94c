using System.Runtime.CompilerServices;
using Apache.Arrow;
using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Scoring;

/// <summary>Scores tables, streams and files with whichever version of a model is in service, or for a file with the one that it was begun with. Thread-safe.</summary>
/// <param name="model">The model.</param>
internal sealed class ModelTables(Model model)
{
    /// <inheritdoc cref="IModel.ScoreAsync(RecordBatch, ScoringOptions?, CancellationToken)"/>
    public async Task<RecordBatch> ScoreAsync(RecordBatch batch, ScoringOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var call = model.Start(default);
        while (true)
        {
            var version = await model.CurrentWithScoreAsync(call, cancellationToken).ConfigureAwait(false);
            var plan = version.Tables.PlanFor(batch.Schema, options ?? ScoringOptions.Default);
            if (await version.RentForTableAsync(cancellationToken).ConfigureAwait(false) is { } slot)
            {
                try
                {
                    return version.Tables.Score(plan, batch, 0, slot, cancellationToken);
                }
                finally
                {
                    version.Batches.Return(slot);
                }
            }
        }
    }

    /// <inheritdoc cref="IModel.ScoreAsync(IAsyncEnumerable{RecordBatch}, ScoringOptions?, CancellationToken)"/>
    public async IAsyncEnumerable<RecordBatch> ScoreAsync(
        IAsyncEnumerable<RecordBatch> batches, ScoringOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batches);
        options ??= ScoringOptions.Default;
        using var scorer = await CreateScorerAsync(options.MaxDegreeOfParallelism, cancellationToken).ConfigureAwait(false);
        await foreach (var scored in scorer.ScoreAsync(batches, options, 0, cancellationToken).ConfigureAwait(false))
        {
            yield return scored;
        }
    }

    /// <inheritdoc cref="IModel.ScoreFileAsync"/>
    public Task<FileScoringResult> ScoreFileAsync(
        string inputPath, string outputPath, FileScoringOptions? options, IProgress<FileScoringProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(inputPath);
        ArgumentException.ThrowIfNullOrWhiteSpace(outputPath);
        var scorer = new FileScorer(model.Name, PinAsync);
        return model.Files.RunAsync(outputPath, ending => scorer.ScoreAsync(inputPath, outputPath, options ?? new FileScoringOptions(), progress, ending), cancellationToken);
    }

    private async Task<PinnedScorer> PinAsync(int? wanted, int parallelism, CancellationToken cancellationToken)
    {
        if (wanted is not { } version)
        {
            return new PinnedScorer(await CreateScorerAsync(parallelism, cancellationToken).ConfigureAwait(false), null);
        }

        // Asked once which version serves: the alias may move between two looks.
        if (model.Target.Current is { } current && current.Manifest.Version == version && StreamScorer.TryCreate(current, parallelism) is { } scorer)
        {
            return new PinnedScorer(scorer, null);
        }

        var loaded = await model.OpenVersion(version, cancellationToken).ConfigureAwait(false);
        return new PinnedScorer(StreamScorer.TryCreate(loaded, parallelism)!, loaded.RetireAsync);
    }

    private async ValueTask<StreamScorer> CreateScorerAsync(int parallelism, CancellationToken cancellationToken)
    {
        var call = model.Start(default);
        while (true)
        {
            if (StreamScorer.TryCreate(await model.CurrentWithScoreAsync(call, cancellationToken).ConfigureAwait(false), parallelism) is { } scorer)
            {
                return scorer;
            }
        }
    }
}
