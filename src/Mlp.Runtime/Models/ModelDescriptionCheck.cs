using System.Globalization;
using Mlp.Runtime.Data;
using Mlp.Runtime.Onnx;
using Mlp.Runtime.Statistics;

namespace Mlp.Runtime.Models;

/// <summary>Checks that the description of a model fits its file, before it may be published.</summary>
internal sealed class ModelDescriptionCheck(string model, ModelPackage package, ModelSignature signature)
{
    private ModelSignature _served = new([], []);

    /// <summary>Runs every check.</summary>
    /// <exception cref="InvalidModelException">The description does not fit.</exception>
    public void Run()
    {
        CheckTrainingSet();
        if (package.Output is not { ScoreOutput: not null, ClassNames: not null })
        {
            throw Error($"Expected what the outputs mean, {nameof(ModelPackage)}.{nameof(ModelPackage.Output)}, with a score output and class names or none, but found null");
        }

        if (package.Output.Task == ModelTask.Tensors)
        {
            CheckTensors();
            return;
        }

        CheckFeatures();
        var rewrite = ZipMapRewrite.Apply(model, package.Onnx, signature);
        _served = rewrite.Signature;
        CheckOutput(ServedGraph.WithClassNames(package.Output, rewrite));
        CheckClassOrder(package.Output, rewrite);
        CheckReferenceProfile();
    }

    private void CheckFeatures()
    {
        if (package.Features is not { } features)
        {
            if (package.FeatureService is { } service)
            {
                throw Error($"Expected the features that the model takes from service '{service.Name}' version {Text(service.Version)}, but found none");
            }

            return;
        }

        if (features.GroupBy(f => f.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw Error($"Expected feature names to be unique, but '{twice.Key}' occurs {Text(twice.Count())} times");
        }

        if (features.FirstOrDefault(f => VectorLength.FindProblem(f.Type, f.Length) is not null) is { } feature)
        {
            throw Error($"Expected feature '{feature.Name}' to have {VectorLength.FindProblem(feature.Type, feature.Length)}");
        }

        FeatureBinding.Create(model, version: null, signature, new FeatureRowLayout(features));
    }

    /// <summary>Without a score there is no row of features that it would be the score of.</summary>
    private void CheckTensors()
    {
        var output = package.Output;
        if (output.ScoreOutput.Length > 0 || output.ClassNames.Count > 0)
        {
            throw Error($"Expected neither a score output nor class names for task {output.Task}, but found {(output.ScoreOutput.Length > 0 ? $"score output '{output.ScoreOutput}'" : "class names")}");
        }

        if (package.Features is not null || package.FeatureService is not null || !package.ReferenceProfile.IsEmpty || package.GoldenRows is not null)
        {
            throw Error($"Expected neither features nor a reference profile nor golden rows for task {output.Task}, whose callers bring the inputs, but found some");
        }
    }

    private void CheckOutput(ModelOutput output)
    {
        var score = _served.Outputs.FirstOrDefault(o => o.Name == output.ScoreOutput)
            ?? throw Error($"Expected output '{output.ScoreOutput}' for the score, but found {FoundOutputs()}");
        if (score.ElementType is TensorElementKind.String or TensorElementKind.Boolean)
        {
            throw Error($"Expected output '{score.Name}' to hold numbers for the score, but found {score.ElementType}");
        }

        CheckScoreIndex(output, score);
        CheckClasses(output, score);
        if (!(output.DecisionThreshold is >= 0 and <= 1))
        {
            throw Error($"Expected a decision threshold from 0 to 1, but found {Text(output.DecisionThreshold)}");
        }
    }

    private void CheckScoreIndex(ModelOutput output, TensorSpecification score)
    {
        if (output.ScoreIndex < 0 || (ColumnCount(score) is { } columns && output.ScoreIndex >= columns))
        {
            throw Error($"Expected the score in a column of output {score}, but found column {Text(output.ScoreIndex)}, counted from 0");
        }
    }

    private void CheckClasses(ModelOutput output, TensorSpecification score)
    {
        var classes = output.ClassNames;
        var fits = output.Task switch
        {
            ModelTask.BinaryClassification => classes.Count is 0 or 2,
            ModelTask.MulticlassClassification => classes.Count >= 2 && (ColumnCount(score) is not { } columns || columns == classes.Count),
            ModelTask.Regression or ModelTask.Ranking => classes.Count == 0,
            _ => throw Error($"Expected a known task, but found {Text((int)output.Task)}"),
        };
        if (!fits)
        {
            var expected = output.Task switch
            {
                ModelTask.BinaryClassification => "2 class names or none",
                ModelTask.MulticlassClassification when ColumnCount(score) is { } columns => $"{Text(columns)} class names, one per column of output {score},",
                ModelTask.MulticlassClassification => "at least 2 class names",
                _ => "no class names",
            };
            throw Error($"Expected {expected} for task {output.Task}, but found {Text(classes.Count)}");
        }

        if (classes.Any(string.IsNullOrWhiteSpace) || classes.Distinct(StringComparer.Ordinal).Count() != classes.Count)
        {
            throw Error("Expected class names to be unique and not blank, but found " + Quoted(classes));
        }
    }

    /// <summary>Names of one's own may be any; those of the file in another order would name the wrong columns.</summary>
    private void CheckClassOrder(ModelOutput output, ZipMapRewrite rewrite)
    {
        if (rewrite.ClassNames.TryGetValue(output.ScoreOutput, out var columns)
            && !columns.SequenceEqual(output.ClassNames, StringComparer.Ordinal)
            && columns.Order(StringComparer.Ordinal).SequenceEqual(output.ClassNames.Order(StringComparer.Ordinal), StringComparer.Ordinal))
        {
            throw Error($"Expected the class names in the order of the columns of output '{output.ScoreOutput}', which the file calls {Quoted(columns)}, but found {Quoted(output.ClassNames)}");
        }
    }

    private void CheckTrainingSet()
    {
        if (package.TrainingSetManifest.IsEmpty)
        {
            return;
        }

        TrainingSetManifest trainingSet;
        try
        {
            trainingSet = TrainingSetManifest.Parse(package.TrainingSetManifest.Span);
        }
        catch (Exception e) when (e is CorruptFileException or UnsupportedFormatVersionException)
        {
            throw new InvalidModelException(model, $"Expected the manifest of a training set, but it cannot be read: {e.Message} (model '{model}').", e);
        }

        if (package.TrainingSetHash is { } hash && hash != trainingSet.ContentHash)
        {
            throw Error($"Expected the manifest of the training set with content hash '{hash}', but found that of '{trainingSet.ContentHash}'");
        }
    }

    private void CheckReferenceProfile()
    {
        if (package.ReferenceProfile.IsEmpty)
        {
            return;
        }

        ReferenceProfile profile;
        try
        {
            profile = ReferenceProfile.Parse(package.ReferenceProfile.Span);
        }
        catch (Exception e) when (e is InvalidDataException or UnsupportedFormatVersionException)
        {
            throw new InvalidModelException(model, $"Expected a reference profile that drift can be measured against, but it cannot be read: {e.Message} (model '{model}').", e);
        }

        // A feature without a reference is merely not watched; a reference of something else is that of another model.
        if (package.Features is { } features && profile.Features.FirstOrDefault(p => features.All(f => f.Name != p.Name)) is { } stranger)
        {
            throw Error($"Expected a reference profile of the model's features, but found feature '{stranger.Name}', which the model does not take");
        }
    }

    /// <summary>Columns of an output: the last of several dimensions; null where the file leaves it open or declares no tensor.</summary>
    /// <remarks>A single dimension says nothing about columns: some exporters declare [1] and return a row per example.</remarks>
    private static long? ColumnCount(TensorSpecification output) => output.Dimensions switch
    {
        [_, .., > 0 and var last] => last,
        _ => null,
    };

    private string FoundOutputs()
        => _served.Outputs.Count == 0 ? "no outputs" : "outputs " + string.Join(", ", _served.Outputs.Select(o => $"'{o.Name}'"));

    private static string Quoted(IEnumerable<string> names) => string.Join(", ", names.Select(n => $"'{n}'"));

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);

    private InvalidModelException Error(string sentence) => new(model, $"{sentence} (model '{model}').");
}
