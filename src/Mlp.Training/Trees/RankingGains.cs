using Mlp.Training.Trees.Interop;

namespace Mlp.Training.Trees;

/// <summary>
/// The right to rank by some gains of grades, until it is disposed of. LightGBM 4.7 has one table of them per process, which each ranking training makes anew without a lock: trainings with the same gains run at once, with others one after the
/// other, and the table is made before the first of them begins.
/// </summary>
internal sealed class RankingGains : IDisposable
{
    private static readonly object Gate = new();
    private static string? _made;
    private static int _users;

    private RankingGains()
    {
    }

    /// <summary>Waits until a training may begin.</summary>
    /// <param name="options">Its settings.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Its right; null where it ranks nothing.</returns>
    /// <exception cref="LightGbmException">LightGBM refuses the gains.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static RankingGains? Take(TreeOptions options, CancellationToken cancellationToken)
        => options.GroupColumn is not null || (options.Metric is { } metric && (metric.Contains("ndcg", StringComparison.Ordinal) || metric.Contains("lambdarank", StringComparison.Ordinal)))
            ? Take(options.Parameters.TryGetValue("label_gain", out var gains) ? gains : string.Empty, cancellationToken)
            : null;

    /// <inheritdoc cref="Take(TreeOptions, CancellationToken)"/>
    /// <param name="gains">The gains as LightGBM writes them; empty for its own.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal static RankingGains Take(string gains, CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.Register(static () =>
        {
            lock (Gate)
            {
                Monitor.PulseAll(Gate);
            }
        });
        lock (Gate)
        {
            while (_users > 0 && _made != gains)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Monitor.Wait(Gate);
            }

            if (_made != gains)
            {
                _made = null;
                Make(gains);
                _made = gains;
            }

            _users++;
        }

        return new();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (Gate)
        {
            _users--;
            Monitor.PulseAll(Gate);
        }
    }

    // The table comes with the trees of any two rows.
    private static void Make(string gains)
    {
        var parameters = $"verbosity=-1 objective=lambdarank {(gains.Length == 0 ? string.Empty : $"label_gain={gains}")}";
        using var threads = new LightGbmThreads(1);
        using var rows = LightGbmDataset.FromMatrix([0, 1], 1, parameters);
        rows.SetLabels([0, 0]);
        rows.SetGroups([2]);
        LightGbmBooster.Create(rows, parameters).Dispose();
    }
}
