using Mlp.Runtime.Models;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Networks;

/// <summary>Validated settings, copied once so that later changes to the options change no running training.</summary>
internal sealed record FeedForwardSettings(
    ModelTask Task,
    IReadOnlyList<int> HiddenLayers,
    bool BatchNorm,
    double Dropout,
    double LearningRate,
    double WeightDecay,
    int BatchSize,
    int MaxEpochs,
    int EarlyStoppingPatience,
    double ValidationShare,
    int Seed,
    int Threads,
    PreprocessingOptions Preprocessing)
{
    public bool IsClassifier => Task == ModelTask.BinaryClassification;

    /// <summary>Copies options.</summary>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public static FeedForwardSettings From(FeedForwardOptions options)
    {
        OptionRanges.ThrowIfAny(options.FindFailures(), nameof(options));

        var preprocessing = new PreprocessingOptions
        {
            MaximumCategories = options.Preprocessing.MaximumCategories,
            MinimumCategoryCount = options.Preprocessing.MinimumCategoryCount,
            MaximumDeviation = options.Preprocessing.MaximumDeviation,
        };
        foreach (var feature in options.Preprocessing.CategoricalFeatures)
        {
            preprocessing.CategoricalFeatures.Add(feature);
        }

        return new(
            options.Task,
            [.. options.HiddenLayers ?? [64, 32]],
            options.BatchNorm,
            options.Dropout,
            options.LearningRate,
            options.WeightDecay,
            options.BatchSize,
            options.MaxEpochs,
            options.EarlyStoppingPatience,
            options.ValidationShare,
            options.Seed,
            options.Threads,
            preprocessing);
    }
}
