using System.Globalization;
using Mlp.Runtime.Models;
using Mlp.Runtime.Scoring;
using Mlp.Spark.Commands;

namespace Mlp.Spark.Scoring;

/// <summary>The columns that scoring adds, the same as in this process.</summary>
internal static class ScoreOutputs
{
    private const string Number = "double";

    /// <summary>Decides.</summary>
    /// <param name="manifest">The version.</param>
    /// <param name="options">What is wanted.</param>
    /// <exception cref="ArgumentException">The options ask for what the model does not have.</exception>
    public static IReadOnlyList<OutputColumn> Of(ModelManifest manifest, SparkScoreOptions options) => [.. Create(manifest, options).Select(o => o with { Name = options.Prefix + o.Name })];

    private static IEnumerable<OutputColumn> Create(ModelManifest manifest, SparkScoreOptions options)
    {
        var output = manifest.Output;
        if (output.Task == ModelTask.Tensors)
        {
            throw new ArgumentException($"Expected a model with a score, but found task {output.Task} ({manifest.Where}).");
        }

        var isClassifier = output.Task is ModelTask.BinaryClassification or ModelTask.MulticlassClassification;
        if (!isClassifier && (options.IncludeClass || options.IncludeLabel || options.Probabilities != ClassProbabilities.None))
        {
            throw new ArgumentException($"Expected a classifier for classes, labels and probabilities, but found task {output.Task} ({manifest.Where}).");
        }

        yield return new OutputColumn(BatchColumns.Score, Number, BatchColumns.Score);
        if (options.IncludeClass)
        {
            yield return new OutputColumn(BatchColumns.PredictedClass, "int", BatchColumns.PredictedClass);
        }

        if (options.Probabilities == ClassProbabilities.List)
        {
            yield return new OutputColumn(BatchColumns.Probabilities, "array<double>", BatchColumns.Probabilities);
        }
        else if (options.Probabilities == ClassProbabilities.Columns)
        {
            for (var i = 0; i < ClassCount(manifest); i++)
            {
                var name = BatchColumns.ProbabilityPrefix + (i < output.ClassNames.Count ? output.ClassNames[i] : i.ToString(CultureInfo.InvariantCulture));
                yield return new OutputColumn(name, Number, name);
            }
        }

        if (options.IncludeLabel)
        {
            yield return output.ClassNames.Count >= ClassCount(manifest)
                ? new OutputColumn(BatchColumns.PredictedLabel, "string", BatchColumns.PredictedLabel)
                : throw new ArgumentException($"Expected a name for each class for {nameof(SparkScoreOptions)}.{nameof(SparkScoreOptions.IncludeLabel)}, but found {output.ClassNames.Count} names ({manifest.Where}).");
        }
    }

    /// <summary>The file says how wide the scores are; where it does not, the names of the classes do.</summary>
    private static int ClassCount(ModelManifest manifest)
    {
        if (manifest.Output.Task == ModelTask.BinaryClassification)
        {
            return 2;
        }

        var score = manifest.Signature.Outputs.FirstOrDefault(o => o.Name == manifest.Output.ScoreOutput);
        var width = score is { Dimensions.Count: > 1 } ? score.Dimensions.Skip(1).Aggregate(1L, static (product, size) => product * size) : 0;
        return width > 0 ? (int)width : manifest.Output.ClassNames.Count;
    }
}
