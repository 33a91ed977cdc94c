using System.Collections.Concurrent;
using Apache.Arrow;
using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Scoring;

/// <summary>A packaged model with one null policy. Thread-safe, but for <see cref="Dispose"/>.</summary>
/// <param name="version">The version in its role; it is taken over.</param>
internal sealed class PackagedModelRole(ServingVersion version) : IDisposable
{
    private readonly ConcurrentBag<InferenceSlot> _idle = [];

    /// <summary>The plan for tables of a schema.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="options">What results hold.</param>
    /// <exception cref="ArgumentException">A column is missing, is there twice or is called like a result, or the options ask for what the model does not have.</exception>
    public ScoringPlan PlanFor(Schema schema, ScoringOptions options) => version.Tables.PlanFor(schema, options);

    /// <summary>Scores all rows of a table.</summary>
    /// <param name="plan">The plan for its schema.</param>
    /// <param name="table">The table; it stays the caller's.</param>
    /// <param name="firstRow">What its first row is in what the caller passed, for messages.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <returns>The kept columns, shared, and the answers.</returns>
    /// <exception cref="ArgumentException">A column has a type that does not fit.</exception>
    /// <exception cref="NullFeatureException">A feature has no value, and may not be without.</exception>
    /// <exception cref="InferenceFailedException">The engine failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public RecordBatch Score(ScoringPlan plan, RecordBatch table, long firstRow, CancellationToken cancellationToken)
    {
        if (!_idle.TryTake(out var slot))
        {
            slot = version.TryCreateBatchSlot();
            ObjectDisposedException.ThrowIf(slot is null, this);
        }

        try
        {
            return version.Tables.Score(plan, table, firstRow, slot, cancellationToken);
        }
        finally
        {
            _idle.Add(slot);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_idle.TryTake(out var slot))
        {
            slot.Dispose();
        }

        version.Abandon();
    }
}
