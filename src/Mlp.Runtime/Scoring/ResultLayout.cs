using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Scoring;

/// <summary>The columns that scoring adds for one version and one set of options. Immutable.</summary>
internal sealed class ResultLayout
{
    /// <summary>Decides.</summary>
    /// <param name="version">The version.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentException">The options ask for what the model does not have.</exception>
    public ResultLayout(ServingVersion version, ScoringOptions options)
    {
        var manifest = version.Manifest;
        Output = manifest.Output;
        Probabilities = options.Probabilities;
        IncludesLabel = options.IncludeLabel;
        ClassCount = Output.Task switch
        {
            ModelTask.BinaryClassification => 2,
            ModelTask.MulticlassClassification => version.RequireScore().Score.Width,
            _ => 0,
        };
        var where = manifest.Where;
        if (Probabilities != ClassProbabilities.None && ClassCount == 0)
        {
            throw new ArgumentException($"Expected a classifier for {nameof(ScoringOptions)}.{nameof(ScoringOptions.Probabilities)}, but found task {Output.Task} ({where}).");
        }

        if (IncludesLabel && (ClassCount == 0 || Output.ClassNames.Count < ClassCount))
        {
            throw new ArgumentException(
                FormattableString.Invariant(
                    $"Expected a name for each class for {nameof(ScoringOptions)}.{nameof(ScoringOptions.IncludeLabel)}, but found {Output.ClassNames.Count} names ({where})."));
        }

        Fields = [.. CreateFields()];
        Metadata =
        [
            new(BatchColumns.ModelKey, manifest.Name),
            new(BatchColumns.ModelVersionKey, manifest.Version.ToString(CultureInfo.InvariantCulture)),
            new(BatchColumns.ModelHashKey, manifest.OnnxSha256),
        ];
    }

    /// <summary>What the outputs mean.</summary>
    public ModelOutput Output { get; }

    /// <summary>Number of classes; 0 where there are none.</summary>
    public int ClassCount { get; }

    /// <summary>Whether and how probabilities are there.</summary>
    public ClassProbabilities Probabilities { get; }

    /// <summary>Whether the label is there.</summary>
    public bool IncludesLabel { get; }

    /// <summary>The columns.</summary>
    public IReadOnlyList<Field> Fields { get; }

    /// <summary>What names the version.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Metadata { get; }

    /// <summary>The schema of a result.</summary>
    /// <param name="kept">The columns of the input that it has too.</param>
    /// <param name="metadata">The metadata of the input.</param>
    public Schema CreateSchema(IEnumerable<Field> kept, IReadOnlyDictionary<string, string>? metadata)
    {
        var all = metadata is null ? new Dictionary<string, string>() : new Dictionary<string, string>(metadata);

        // A result is another kind of table than its input.
        all.Remove(SchemaMetadata.Format);
        all.Remove(SchemaMetadata.FormatVersion);
        foreach (var (key, value) in Metadata)
        {
            all[key] = value;
        }

        return new Schema([.. kept, .. Fields], all);
    }

    private IEnumerable<Field> CreateFields()
    {
        yield return new Field(BatchColumns.Score, DoubleType.Default, nullable: false);
        yield return new Field(BatchColumns.PredictedClass, Int32Type.Default, nullable: false);
        if (Probabilities == ClassProbabilities.List)
        {
            yield return new Field(BatchColumns.Probabilities, new FixedSizeListType(new Field("item", DoubleType.Default, nullable: false), ClassCount), nullable: false);
        }
        else if (Probabilities == ClassProbabilities.Columns)
        {
            for (var i = 0; i < ClassCount; i++)
            {
                var name = i < Output.ClassNames.Count ? Output.ClassNames[i] : i.ToString(CultureInfo.InvariantCulture);
                yield return new Field(BatchColumns.ProbabilityPrefix + name, DoubleType.Default, nullable: false);
            }
        }

        if (IncludesLabel)
        {
            yield return new Field(BatchColumns.PredictedLabel, StringType.Default, nullable: false);
        }
    }
}
