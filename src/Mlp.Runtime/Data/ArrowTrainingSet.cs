using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Runtime.Data;

/// <summary>A training set over batches that are in memory already. The caller keeps ownership of the batches.</summary>
public sealed class ArrowTrainingSet : ITrainingSet
{
    private readonly RecordBatch[] _batches;

    /// <summary>Wraps batches and computes their content hash.</summary>
    /// <param name="batches">
    /// At least one batch, all of one schema, in the order in which the rows shall be read. A column of numbers that has another type than its feature is copied into that type: doubles become float32 for a feature of
    /// that type, and integers int64; fractions are not taken for integers.
    /// </param>
    /// <param name="features">The feature columns.</param>
    /// <param name="labelColumn">Name of the label column, or null.</param>
    /// <param name="timeColumn">Name of the time column, or null.</param>
    /// <param name="weightColumn">Name of the column that says how much each row counts, or null when all count the same.</param>
    /// <param name="keyColumns">Names of the entity key columns: integers, texts or GUIDs (16 bytes, big-endian); null for none.</param>
    /// <exception cref="ArgumentException">There is no batch, a named column is missing, a key is of another type, a number is beyond the type of its feature, or a batch has another schema than the first.</exception>
    public ArrowTrainingSet(
        IReadOnlyList<RecordBatch> batches,
        IReadOnlyList<FeatureColumn> features,
        string? labelColumn,
        string? timeColumn = null,
        string? weightColumn = null,
        IReadOnlyList<string>? keyColumns = null)
    {
        ArgumentNullException.ThrowIfNull(batches);
        ArgumentNullException.ThrowIfNull(features);
        if (batches.Count == 0)
        {
            throw new ArgumentException("Expected at least one batch, but found none.", nameof(batches));
        }

        keyColumns ??= [];
        foreach (var name in features.Select(f => f.Name).Append(labelColumn).Append(timeColumn).Append(weightColumn).Concat(keyColumns))
        {
            if (name is not null && batches[0].Schema.GetFieldIndex(name) < 0)
            {
                throw new ArgumentException(
                    $"Expected a column '{name}' in the batches, but found {string.Join(", ", batches[0].Schema.FieldsList.Select(f => $"'{f.Name}'"))}.", nameof(batches));
            }
        }

        _batches = [.. batches.Select((batch, i) => Typed(batch, features, i))];
        RequireSameColumns(_batches);
        Schema = _batches[0].Schema;
        using var hash = new RecordBatchHash(Schema);
        long rows = 0;
        foreach (var batch in _batches)
        {
            hash.Append(batch);
            rows += batch.Length;
        }

        Manifest = new TrainingSetManifest
        {
            Features = [.. features],
            Keys = [.. keyColumns.Select(name => new KeyColumn(name, KindOf(Schema.GetFieldByName(name))))],
            LabelColumns = labelColumn is null ? [] : [labelColumn],
            TimeColumn = timeColumn,
            WeightColumn = weightColumn,
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

    // The batch itself where every column has its type already.
    private static RecordBatch Typed(RecordBatch batch, IReadOnlyList<FeatureColumn> features, int number)
    {
        IArrowArray[] columns = [.. batch.Arrays];
        foreach (var feature in features)
        {
            if (batch.Schema.GetFieldIndex(feature.Name) is >= 0 and var index)
            {
                try
                {
                    columns[index] = FeatureNumbers.Convert(columns[index], feature);
                }
                catch (OverflowException)
                {
                    throw new ArgumentException(
                        FormattableString.Invariant($"Expected column '{feature.Name}' to hold numbers within {feature.Type}, but batch {number} holds a greater one."), nameof(batch));
                }
            }
        }

        if (columns.SequenceEqual(batch.Arrays))
        {
            return batch;
        }

        var fields = batch.Schema.FieldsList.Select((field, i) => ReferenceEquals(columns[i], batch.Column(i)) ? field : new Field(field.Name, columns[i].Data.DataType, field.IsNullable, field.Metadata));
        return new RecordBatch(new Schema(fields, batch.Schema.Metadata), columns, batch.Length);
    }

    private static EntityValueKind KindOf(Field field) => field.DataType switch
    {
        Int8Type or Int16Type or Int32Type or Int64Type or UInt8Type or UInt16Type or UInt32Type => EntityValueKind.Int64,
        StringType => EntityValueKind.String,
        FixedSizeBinaryType { ByteWidth: 16 } => EntityValueKind.Guid,
        var other => throw new ArgumentException($"Expected the key column '{field.Name}' to hold integers, texts or GUIDs, but found the Arrow type {other.Name}."),
    };

    private static void RequireSameColumns(RecordBatch[] batches)
    {
        var first = batches[0].Schema;
        for (var i = 1; i < batches.Length; i++)
        {
            if (!Columns(batches[i].Schema).SequenceEqual(Columns(first)))
            {
                throw new ArgumentException(
                    FormattableString.Invariant($"Expected every batch to have the columns {Describe(first)} of the first one, but batch {i} has {Describe(batches[i].Schema)}."), nameof(batches));
            }
        }

        static IEnumerable<(string Name, string Type)> Columns(Schema schema) => schema.FieldsList.Select(f => (f.Name, ColumnTypeName.Of(f)));

        static string Describe(Schema schema) => string.Join(", ", schema.FieldsList.Select(f => $"'{f.Name}' ({ColumnTypeName.Of(f)})"));
    }
}
