using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Runtime.Data;

/// <summary>A training set over batches that are in memory already. The caller keeps ownership of the batches.</summary>
public sealed class ArrowTrainingSet : ITrainingSet
{
    private readonly IReadOnlyList<RecordBatch> _batches;

    /// <summary>Wraps batches and computes their content hash.</summary>
    /// <param name="batches">At least one batch, all of one schema, in the order in which the rows shall be read.</param>
    /// <param name="features">The feature columns.</param>
    /// <param name="labelColumn">Name of the label column, or null.</param>
    /// <param name="timeColumn">Name of the time column, or null.</param>
    /// <exception cref="ArgumentException">There is no batch, a named column is missing, or a batch has another schema than the first.</exception>
    public ArrowTrainingSet(IReadOnlyList<RecordBatch> batches, IReadOnlyList<FeatureColumn> features, string? labelColumn, string? timeColumn = null)
    {
        ArgumentNullException.ThrowIfNull(batches);
        ArgumentNullException.ThrowIfNull(features);
        if (batches.Count == 0)
        {
            throw new ArgumentException("Expected at least one batch, but found none.", nameof(batches));
        }

        _batches = batches;
        Schema = batches[0].Schema;
        foreach (var name in features.Select(f => f.Name).Append(labelColumn).Append(timeColumn))
        {
            if (name is not null && Schema.GetFieldIndex(name) < 0)
            {
                throw new ArgumentException(
                    $"Expected a column '{name}' in the batches, but found {string.Join(", ", Schema.FieldsList.Select(f => $"'{f.Name}'"))}.", nameof(batches));
            }
        }

        RequireSameColumns(batches);

        using var hash = new RecordBatchHash(Schema);
        long rows = 0;
        foreach (var batch in batches)
        {
            hash.Append(batch);
            rows += batch.Length;
        }

        Manifest = new TrainingSetManifest
        {
            Features = [.. features],
            LabelColumns = labelColumn is null ? [] : [labelColumn],
            TimeColumn = timeColumn,
            RowCount = rows,
            ContentHash = hash.GetHashAndReset(),
        };
    }

    /// <inheritdoc/>
    public TrainingSetManifest Manifest { get; }

    /// <inheritdoc/>
    public Schema Schema { get; }

    /// <inheritdoc/>
    public async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var batch in _batches)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return batch.SliceShared(0, batch.Length);
        }

        await Task.CompletedTask.ConfigureAwait(false);
    }

    private static void RequireSameColumns(IReadOnlyList<RecordBatch> batches)
    {
        var first = batches[0].Schema;
        for (var i = 1; i < batches.Count; i++)
        {
            if (!Columns(batches[i].Schema).SequenceEqual(Columns(first)))
            {
                throw new ArgumentException(
                    FormattableString.Invariant($"Expected every batch to have the columns {Describe(first)} of the first one, but batch {i} has {Describe(batches[i].Schema)}."), nameof(batches));
            }
        }

        static IEnumerable<(string Name, ArrowTypeId Type)> Columns(Schema schema) => schema.FieldsList.Select(f => (f.Name, f.DataType.TypeId));

        static string Describe(Schema schema) => string.Join(", ", schema.FieldsList.Select(f => $"'{f.Name}' ({f.DataType.Name})"));
    }
}
