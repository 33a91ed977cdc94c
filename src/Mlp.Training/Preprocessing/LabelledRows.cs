using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Evaluation;

namespace Mlp.Training.Preprocessing;

/// <summary>A training set in memory: features, labels and times of all rows, in order of time. Immutable once read.</summary>
internal sealed class LabelledRows
{
    private readonly List<double> _labels = [];
    private readonly List<long> _times = [];
    private readonly List<float> _weights = [];
    private readonly List<int> _groups = [];
    private readonly ClassLabels? _classes;
    private object? _group;

    private LabelledRows(FeatureTable table, string labelColumn, ClassLabels? classes) => (Table, LabelColumnName, _classes) = (table, labelColumn, classes);

    public FeatureTable Table { get; }

    public string LabelColumnName { get; }

    public int RowCount => Table.RowCount;

    /// <summary>One finite label per row; of classes their number.</summary>
    public ReadOnlySpan<double> Labels => CollectionsMarshal.AsSpan(_labels);

    /// <summary>Microseconds per row, ascending; empty when rows have no time.</summary>
    public ReadOnlySpan<long> Times => CollectionsMarshal.AsSpan(_times);

    /// <summary>How much each row counts, 0 or more; empty when all count the same.</summary>
    public ReadOnlySpan<float> Weights => CollectionsMarshal.AsSpan(_weights);

    /// <summary>The number of each row's group, from 0, ascending; empty without groups.</summary>
    public ReadOnlySpan<int> Groups => CollectionsMarshal.AsSpan(_groups);

    /// <summary>Names of the classes in the order of their numbers; empty where labels are numbers.</summary>
    public IReadOnlyList<string> ClassNames => _classes?.Names ?? [];

    /// <summary>Reads all rows.</summary>
    /// <param name="set">The rows.</param>
    /// <param name="features">The features wanted, by name.</param>
    /// <param name="reading">What else is wanted.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <exception cref="TrainingDataException">There are no rows, a column is missing or wrong, or rows are out of order.</exception>
    public static async Task<LabelledRows> ReadAsync(ITrainingSet set, IReadOnlyList<FeatureColumn> features, RowReading reading, CancellationToken cancellationToken)
    {
        var label = LabelOf(set.Manifest);
        if (set.Manifest.WeightColumn is { } weight && !reading.TakesWeights)
        {
            // Rows that count differently must not be taken for rows that count the same.
            throw new TrainingDataException($"Expected a training set whose rows all count the same, but its manifest names weight column '{weight}'.", weight);
        }

        RequireColumn(set.Schema, label, "label");
        RequireKindOfTraining(set.Schema, label, reading);
        if (set.Manifest.TimeColumn is { } time)
        {
            RequireColumn(set.Schema, time, "time");
        }

        if (set.Manifest.WeightColumn is { } weights)
        {
            RequireColumn(set.Schema, weights, "weight");
        }

        if (reading.GroupColumn is { } group)
        {
            RequireColumn(set.Schema, group, "group");
        }

        var rows = new LabelledRows(new FeatureTable(features), label, Classes(set.Schema, label, reading));
        FeatureTable.RequireColumns(set.Schema, features);
        await foreach (var batch in set.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            using (batch)
            {
                rows.Append(batch, set.Manifest, reading.GroupColumn);
            }
        }

        if (rows.RowCount == 0)
        {
            throw new TrainingDataException($"Expected at least one row, but the {(reading.IsValidation ? "validation" : "training")} set is empty.");
        }

        if (set.Manifest.TimeColumn is { } name)
        {
            TimeOrder.ThrowIfUnordered(rows.Times, name);
        }

        rows._classes?.Complete(CollectionsMarshal.AsSpan(rows._labels));
        return rows;
    }

    /// <summary>Standard deviation of the first labels, divisor n.</summary>
    /// <param name="count">How many labels.</param>
    public double LabelDeviation(int count)
    {
        double mean = 0, squares = 0;
        foreach (var label in Labels[..count])
        {
            mean += label / count;
        }

        foreach (var label in Labels[..count])
        {
            squares += (label - mean) * (label - mean) / count;
        }

        return Math.Sqrt(squares);
    }

    /// <summary>Reads one batch of rows that were checked before, in any order.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="manifest">What they are.</param>
    /// <param name="reading">What is wanted; it names the classes, where there are any.</param>
    public static LabelledRows Of(RecordBatch batch, TrainingSetManifest manifest, RowReading reading)
    {
        var label = LabelOf(manifest);
        var rows = new LabelledRows(new FeatureTable(manifest.Features), label, Classes(batch.Schema, label, reading));
        rows.Append(batch, manifest, reading.GroupColumn);
        return rows;
    }

    /// <summary>Checks that rows can train a model: no feature tells the label, and rows that validate are others, as far as their hashes tell.</summary>
    /// <param name="trainingSet">The rows.</param>
    /// <param name="validation">Rows that validate; null for none of their own.</param>
    /// <param name="groupColumn">The column of groups; null for none.</param>
    /// <exception cref="TrainingDataException">They cannot.</exception>
    public static void RequireTrainable(ITrainingSet trainingSet, ITrainingSet? validation, string? groupColumn)
    {
        var manifest = trainingSet.Manifest;
        RequireNoFeature(manifest.Features, LabelOf(manifest), "label");
        RequireNoFeature(manifest.Features, manifest.WeightColumn, "weight");
        RequireNoFeature(manifest.Features, groupColumn, "group");
        if (manifest.WeightColumn is { } weight && weight == LabelOf(manifest))
        {
            throw new TrainingDataException($"Expected another weight column than the label '{weight}', but they are one: rows would count by what they are to predict.", weight);
        }

        if (validation is null)
        {
            return;
        }

        if (ReferenceEquals(trainingSet, validation) || (validation.Manifest.ContentHash.Length > 0 && validation.Manifest.ContentHash == manifest.ContentHash))
        {
            throw new TrainingDataException("Expected other rows to validate than those that are trained on, but found the same: they would never tell when to stop. Give rows of their own, or none for a validation share.");
        }
    }

    /// <summary>The one label column.</summary>
    /// <exception cref="TrainingDataException">There is none, or several.</exception>
    public static string LabelOf(TrainingSetManifest manifest) => manifest.LabelColumns switch
    {
        [var only] => only,
        [] => throw new TrainingDataException("Expected a training set with a label column, but its manifest names none."),
        var several => throw new TrainingDataException(
            $"Expected a training set with one label column, but its manifest names {string.Join(", ", several.Select(name => $"'{name}'"))}."),
    };

    /// <summary>Checks that a column is there.</summary>
    /// <exception cref="TrainingDataException">It is not.</exception>
    public static void RequireColumn(Schema schema, string name, string role)
    {
        if (schema.GetFieldIndex(name) < 0)
        {
            throw new TrainingDataException($"Expected the {role} column '{name}', but found {string.Join(", ", schema.FieldsList.Select(f => $"'{f.Name}'"))}.", name);
        }
    }

    // A time may be a feature too: its parts are known when a row is scored.
    private static void RequireNoFeature(IReadOnlyList<FeatureColumn> features, string? name, string role)
    {
        if (name is not null && features.Any(f => f.Name == name))
        {
            throw new TrainingDataException($"Expected the {role} '{name}' not to be a feature too, but it is among the features: leave it out of them, or name another {role} column.", name);
        }
    }

    // Two texts are the classes of a binary problem too; its numbers are 0 and 1 and need no names.
    private static ClassLabels? Classes(Schema schema, string label, RowReading reading) => reading.Task switch
    {
        ModelTask.MulticlassClassification => new(label, reading.ClassNames),
        ModelTask.BinaryClassification when IsText(schema, label) => new(label, reading.ClassNames),
        _ => null,
    };

    // Texts of two classes are numbered by name, numbers count as they are: where one set has the one and the other the other, a class would be taken for another.
    private static void RequireKindOfTraining(Schema schema, string label, RowReading reading)
    {
        if (!reading.IsValidation || reading.Task != ModelTask.BinaryClassification || IsText(schema, label) == reading.ClassNames.Count > 0)
        {
            return;
        }

        var (wanted, found) = reading.ClassNames.Count > 0 ? ("texts", "truth values or numbers") : ("0 or 1 (truth values or numbers)", "texts");
        throw new TrainingDataException($"Expected label '{label}' of the validation rows to be {wanted}, as in the training rows, but found {found}: make both the same.", label);
    }

    private static bool IsText(Schema schema, string column) => schema.GetFieldByName(column).DataType is StringType;

    private void Append(RecordBatch batch, TrainingSetManifest manifest, string? groupColumn)
    {
        Table.Append(batch);
        var labels = batch.Column(batch.Schema.GetFieldIndex(LabelColumnName));
        if (_classes is null)
        {
            LabelColumn.Append(labels, LabelColumnName, _labels);
        }
        else
        {
            _classes.Append(labels, _labels);
        }

        if (manifest.TimeColumn is { } time)
        {
            TimeColumn.Append(batch.Column(batch.Schema.GetFieldIndex(time)), time, _times);
        }

        if (manifest.WeightColumn is { } weight)
        {
            WeightColumn.Append(batch.Column(batch.Schema.GetFieldIndex(weight)), weight, _weights);
        }

        if (groupColumn is not null)
        {
            AppendGroups(batch.Column(batch.Schema.GetFieldIndex(groupColumn)), groupColumn);
        }
    }

    private void AppendGroups(IArrowArray array, string name)
    {
        for (var row = 0; row < array.Length; row++)
        {
            object? group = array switch
            {
                Int64Array int64 => int64.GetValue(row),
                Int32Array int32 => int32.GetValue(row),
                StringArray text => text.GetString(row),
                _ => throw new TrainingDataException($"Expected the group column '{name}' to hold int64, int32 or text, but found the Arrow type {array.Data.DataType.Name}.", name),
            };
            if (group is null)
            {
                throw new TrainingDataException($"Expected a group in every row of column '{name}', but row {_groups.Count} has none.", name, _groups.Count);
            }

            _groups.Add(_groups.Count == 0 ? 0 : _groups[^1] + (group.Equals(_group) ? 0 : 1));
            _group = group;
        }
    }
}
