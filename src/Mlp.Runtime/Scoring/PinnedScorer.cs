namespace Mlp.Runtime.Scoring;

/// <summary>A version that scores a whole file, and what has to be undone afterwards.</summary>
/// <param name="scorer">Scores with the version.</param>
/// <param name="release">Lets go of a version that was loaded for this alone; null for the one in service.</param>
internal sealed class PinnedScorer(StreamScorer scorer, Func<Task>? release) : IAsyncDisposable
{
    /// <summary>Scores with the version.</summary>
    public StreamScorer Scorer => scorer;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        scorer.Dispose();
        if (release is not null)
        {
            await release().ConfigureAwait(false);
        }
    }
}
