using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Models;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Networks;

/// <summary>
/// Settings of a feed-forward network: per hidden layer Linear, BatchNorm, ReLU and Dropout, then one Linear output, with a Sigmoid for classification.
/// </summary>
public sealed class FeedForwardOptions
{
    /// <summary>What the network predicts: <see cref="ModelTask.BinaryClassification"/> or <see cref="ModelTask.Regression"/>.</summary>
    /// <value>The default value is <see cref="ModelTask.BinaryClassification"/>.</value>
    public ModelTask Task { get; set; } = ModelTask.BinaryClassification;

    /// <summary>Units of each hidden layer, 1 to 65,536 each, at most 32 layers; empty for a linear model.</summary>
    /// <value>The default value is null, which stands for 64 and 32.</value>
    public IList<int>? HiddenLayers { get; set; }

    /// <summary>Whether each hidden layer normalises its batch (Ioffe and Szegedy, 2015).</summary>
    /// <value>The default value is true.</value>
    public bool BatchNorm { get; set; } = true;

    /// <summary>Share of hidden units left out at each step of training, 0 to 0.9.</summary>
    /// <value>The default value is 0.1.</value>
    [Range(0.0, 0.9)]
    public double Dropout { get; set; } = 0.1;

    /// <summary>Step size of AdamW (Loshchilov and Hutter, 2019), 0.0000001 to 1.</summary>
    /// <value>The default value is 0.001.</value>
    [Range(1e-7, 1.0)]
    public double LearningRate { get; set; } = 1e-3;

    /// <summary>Decoupled weight decay of AdamW, 0 to 1.</summary>
    /// <value>The default value is 0.01.</value>
    [Range(0.0, 1.0)]
    public double WeightDecay { get; set; } = 0.01;

    /// <summary>Rows per step, 2 to 1,048,576. An epoch is cut into steps of nearly equal size.</summary>
    /// <value>The default value is 256.</value>
    [Range(2, 1_048_576)]
    public int BatchSize { get; set; } = 256;

    /// <summary>The greatest number of passes over the training rows, 1 to 100,000.</summary>
    /// <value>The default value is 50.</value>
    [Range(1, 100_000)]
    public int MaxEpochs { get; set; } = 50;

    /// <summary>Epochs without a lower validation loss after which training stops, 1 to 100,000.</summary>
    /// <value>The default value is 5.</value>
    [Range(1, 100_000)]
    public int EarlyStoppingPatience { get; set; } = 5;

    /// <summary>
    /// Share of the rows, the last ones by time, that decide when to stop and that prove the export, 0 to 0.9. With 0 training runs for <see cref="MaxEpochs"/> and the
    /// training rows prove the export.
    /// </summary>
    /// <value>The default value is 0.2.</value>
    [Range(0.0, 0.9)]
    public double ValidationShare { get; set; } = 0.2;

    /// <summary>Decides initial weights, order of rows and dropout. The same seed, settings and rows give the same weights on the same machine.</summary>
    /// <value>The default value is 0.</value>
    public int Seed { get; set; }

    /// <summary>Threads that libtorch computes one step with, 1 to 1,024. Small networks gain nothing from more than one.</summary>
    /// <value>The default value is 1.</value>
    [Range(1, 1024)]
    public int Threads { get; set; } = 1;

    /// <summary>How features become inputs.</summary>
    public PreprocessingOptions Preprocessing { get; } = new();

    /// <summary>What is wrong with the settings, as sentences.</summary>
    /// <param name="path">How the sentences name these options.</param>
    /// <param name="separator">What stands between it and a setting.</param>
    internal List<string> FindFailures(string path = nameof(FeedForwardOptions), char separator = '.')
    {
        var failures = SettingsRanges.FindFailures(path, this, separator);
        if (Task is not (ModelTask.BinaryClassification or ModelTask.Regression))
        {
            failures.Add($"{path}{separator}{nameof(Task)} must be {ModelTask.BinaryClassification} or {ModelTask.Regression}, but is {Task}.");
        }

        if (HiddenLayers is { Count: > 32 })
        {
            failures.Add(string.Create(CultureInfo.InvariantCulture, $"{path}{separator}{nameof(HiddenLayers)} must have at most 32 entries, but has {HiddenLayers.Count}."));
        }

        for (var i = 0; i < HiddenLayers?.Count; i++)
        {
            if (HiddenLayers[i] is < 1 or > 65_536)
            {
                var entry = separator == ':' ? string.Create(CultureInfo.InvariantCulture, $":{i}") : string.Create(CultureInfo.InvariantCulture, $"[{i}]");
                failures.Add(string.Create(CultureInfo.InvariantCulture, $"{path}{separator}{nameof(HiddenLayers)}{entry} must be between 1 and 65536, but is {HiddenLayers[i]}."));
            }
        }

        return failures;
    }
}
